import type { Btf } from "./btf.ts";
import { BTF_KIND_ENUM, BTF_KIND_FWD, type BtfType } from "./kinds.ts";

const RENAMED_MAX = 255;

/** Names in a C text: what is called like something before it gets a number, as `name___2`. */
export class CNames {
  readonly #btf: Btf;
  /** Struct, union and enum have names of their own; those of typedefs and enumerators are others. */
  readonly #tags = new Map<string, number>();
  readonly #idents = new Map<string, number>();
  readonly #resolved = new Map<number, string>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Behind `struct`, `union`, `enum`. @linux tools/lib/bpf/btf_dump.c `btf_dump_type_name` (6.18) */
  tagOf(type: BtfType): string {
    return this.#resolve(type, this.#tags);
  }

  /** Of a typedef. @linux tools/lib/bpf/btf_dump.c `btf_dump_ident_name` (6.18) */
  identOf(type: BtfType): string {
    return this.#resolve(type, this.#idents);
  }

  enumerator(name: string): string {
    return numbered(name, this.#idents);
  }

  #resolve(type: BtfType, names: Map<string, number>): string {
    if (type.nameOff === 0) return "";
    let name = this.#resolved.get(type.id);
    if (name === undefined) {
      const original = this.#btf.nameOf(type);
      // These only announce what is defined elsewhere by the same name.
      const isForward =
        type.kind === BTF_KIND_FWD || (type.kind === BTF_KIND_ENUM && type.vlen === 0);
      name = isForward ? original : numbered(original, names);
      if (name !== original) name = name.slice(0, RENAMED_MAX);
      this.#resolved.set(type.id, name);
    }
    return name;
  }
}

/** @linux tools/lib/bpf/btf_dump.c `btf_dump_name_dups` (6.18) */
function numbered(name: string, names: Map<string, number>): string {
  const count = (names.get(name) ?? 0) + 1;
  names.set(name, count);
  return count > 1 ? `${name}___${count}` : name;
}
