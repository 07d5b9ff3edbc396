/** What lies at an offset in a structure. */
import type { Btf } from "./btf.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_UNION,
  type BtfFwd,
  type BtfMember,
  type BtfStruct,
  type BtfType,
  isStruct,
  memberBitfieldSize,
  memberBitOffset,
} from "./kinds.ts";

/** Where a load from a structure leads. */
export type Found =
  | { readonly kind: "scalar" }
  /** A pointer to another structure. */
  | {
      readonly kind: "ptr";
      readonly to: BtfStruct | BtfFwd;
      readonly field: string;
      /** "user", "percpu", "rcu", or "" when nothing is said of it. */
      readonly tag: string;
      /** It lies in a union, which may hold something else. */
      readonly isUntrusted: boolean;
    }
  /** A pointer to anything else. */
  | { readonly kind: "untrusted-ptr" }
  | { readonly kind: "refused"; readonly because: "access" | "invalid"; readonly why: string };

interface Place {
  readonly type: BtfStruct;
  readonly off: number;
}

const SCALAR: Found = { kind: "scalar" };

/** One load: where it starts, counted from what is looked at, and how long it is. */
class Walk {
  readonly #btf: Btf;
  readonly #size: number;
  #isUntrusted: boolean;

  constructor(btf: Btf, size: number, isUntrusted: boolean) {
    this.#btf = btf;
    this.#size = size;
    this.#isUntrusted = isUntrusted;
  }

  run(start: BtfStruct, off: number): Found {
    let at: Place | Found = { type: start, off };
    while (!("kind" in at)) at = this.#step(at);
    return at;
  }

  /** The structure that begins there within the other one, or what is there instead. */
  inner(start: BtfStruct, off: number): BtfStruct | Found {
    let at = this.#step({ type: start, off });
    while (!("kind" in at)) {
      if (at.off === 0) return at.type;
      at = this.#step(at);
    }
    return at;
  }

  /** Looks into one structure: the answer, or what lies in it there. */
  #step({ type, off }: Place): Place | Found {
    const { members } = type;
    if (type.kind === BTF_KIND_UNION && members.length !== 1) this.#isUntrusted = true;
    const name = this.#nameOf(type);
    if (off + this.#size > type.size) return this.#behind(type, off, name);
    for (const member of members) {
      const bits = memberBitOffset(type, member);
      const moff = Math.floor(bits / 8);
      if (off + this.#size <= moff) break;
      const bitfield = memberBitfieldSize(type, member);
      if (bitfield !== 0) {
        const end = Math.ceil((bits + bitfield) / 8);
        if (off <= moff && end <= off + this.#size) return SCALAR;
        continue;
      }
      if (off < moff) break;
      const found = this.#inMember(member, moff, off, name);
      if (found !== undefined) return found;
    }
    return {
      kind: "refused",
      because: "invalid",
      why: `struct ${name} doesn't have field at offset ${off}\n`,
    };
  }

  #inMember(
    member: BtfMember,
    moff: number,
    off: number,
    struct: string,
  ): Place | Found | undefined {
    const btf = this.#btf;
    const declared = btf.typeById(member.type)!;
    const resolved = btf.resolveSize(declared);
    const mname = this.#nameOf(member);
    if (resolved === undefined) {
      return { kind: "refused", because: "invalid", why: `field ${mname} doesn't have size\n` };
    }
    const end = moff + resolved.size;
    if (off >= end) return undefined;
    const { nelems, elem } = resolved;
    const size = resolved.size / nelems;
    const start = moff + Math.floor((off - moff) / size) * size;
    if (isStruct(elem)) return { type: elem, off: off - start };
    if (elem.kind === BTF_KIND_PTR) {
      if (size === this.#size && off === start) return this.#pointer(elem.type, mname);
      const why = `cannot access ptr member ${mname} with moff ${start} in struct ${struct} with off ${off} size ${this.#size}\n`;
      return { kind: "refused", because: "access", why };
    }
    if (off + this.#size <= end || this.#isUntrusted) return SCALAR;
    const why = `access beyond the end of member ${mname} (mend:${end}) in struct ${struct} with off ${off} size ${this.#size}\n`;
    return { kind: "refused", because: "access", why };
  }

  #pointer(toId: number, field: string): Found {
    const tagged = this.#btf.typeById(toId);
    const to = this.#btf.skipModifiers(toId);
    const isStructure =
      to !== undefined && (isStruct(to) || (to.kind === BTF_KIND_FWD && this.#btf.isKernel));
    // A structure of the kernel that is only named here has members there.
    if (!isStructure) return { kind: "untrusted-ptr" };
    const tag = tagged?.kind === BTF_KIND_TYPE_TAG && !tagged.kflag ? this.#nameOf(tagged) : "";
    return { kind: "ptr", to, field, tag, isUntrusted: this.#isUntrusted };
  }

  /** Behind its end, a structure may go on as an array whose length nobody knows. */
  #behind(type: BtfStruct, off: number, name: string): Place | Found {
    const last = type.members.at(-1);
    const array = last && this.#btf.skipModifiers(last.type);
    if (last !== undefined && array?.kind === BTF_KIND_ARRAY && array.nelems === 0) {
      const moff = memberBitOffset(type, last) / 8;
      const elem = this.#btf.skipModifiers(array.elemType);
      if (off >= moff && elem?.kind === BTF_KIND_INT) return SCALAR;
      if (off >= moff && elem !== undefined && isStruct(elem)) {
        return { type: elem, off: (off - moff) % elem.size };
      }
    }
    const why = `access beyond struct ${name} at off ${off} size ${this.#size}\n`;
    return { kind: "refused", because: "access", why };
  }

  #nameOf(named: BtfType | BtfMember): string {
    return named.nameOff === 0 ? "(anon)" : this.#btf.nameOf(named);
  }
}

/**
 * What a load of `size` bytes at `off` in a structure gets.
 *
 * @param isUntrusted whatever it gets, nobody vouches for it
 * @linux kernel/bpf/btf.c `btf_struct_access`, `btf_struct_walk` (6.18)
 */
export function structAccess(
  btf: Btf,
  struct: BtfStruct,
  off: number,
  size: number,
  isUntrusted = false,
): Found {
  return new Walk(btf, size, isUntrusted).run(struct, off);
}

/**
 * The structure that begins at `off` within another one; undefined: none does.
 *
 * @param log is told why there is nothing that could be looked at
 * @linux kernel/bpf/btf.c `btf_struct_walk`, as `btf_struct_ids_match` calls it (6.18)
 */
export function innerStruct(
  btf: Btf,
  struct: BtfStruct,
  off: number,
  log: (text: string) => void,
): BtfStruct | undefined {
  const found = new Walk(btf, 1, false).inner(struct, off);
  if ("members" in found) return found;
  if (found.kind === "refused") log(found.why);
  return undefined;
}
