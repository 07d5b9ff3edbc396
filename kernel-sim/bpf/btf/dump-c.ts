import { E2BIG } from "../../include/errno.ts";
import type { Btf } from "./btf.ts";
import { CDeclarations } from "./dump-c-declare.ts";
import { COrder } from "./dump-c-order.ts";
import { CText } from "./dump-c-text.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_VOLATILE,
  type BtfRef,
  type BtfStruct,
  type BtfType,
  isStruct,
} from "./kinds.ts";

const HEAD = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;
const TAIL = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;

/** What types look like in C. */
export interface DumpedC {
  /** Up to the first type that C has no text for. */
  readonly text: string;
  /** 0, ELOOP: a type contains itself, or E2BIG: there was no end to it. */
  readonly errno: number;
}

/**
 * All types as a header that a compiler takes, in the order of their ids.
 *
 * @linux tools/bpf/bpftool/btf.c `dump_btf_c`: `bpftool btf dump … format c` (7.1)
 * @simplified as with `unsorted`, and without the prototypes of functions for programs, which later ones write at the end
 */
export function btfToC(btf: Btf): DumpedC {
  const dump = new CDump(btf);
  dump.text.write(HEAD);
  for (let id = 1; id < btf.nrTypes; id++) {
    const err = dump.dumpType(id);
    if (err < 0) return { text: dump.text.toString(), errno: -err };
  }
  dump.text.write(TAIL);
  return { text: dump.text.toString(), errno: 0 };
}

/** One type with what it needs to be compiled. @linux tools/lib/bpf/btf_dump.c `btf_dump__dump_type` (6.18) */
export function typeToC(btf: Btf, id: number): DumpedC {
  const dump = new CDump(btf);
  const err = dump.dumpType(id);
  return { text: dump.text.toString(), errno: -err };
}

const EMITTING = 1;
const EMITTED = 2;

/** Types that were written only as arm64's compilers know them. */
const MISSING_BASE_TYPES: ReadonlyMap<string, string> = new Map([
  ["__Poly8_t", "unsigned char"],
  ["__Poly16_t", "unsigned short"],
  ["__Poly64_t", "unsigned long long"],
  ["__Poly128_t", "unsigned __int128"],
]);

/** @linux tools/lib/bpf/btf_dump.c `struct btf_dump` (6.18) */
class CDump {
  readonly text = new CText();
  readonly #btf: Btf;
  readonly #order: COrder;
  readonly #declarations: CDeclarations;
  readonly #states: Uint8Array;
  /** By id: 1 for what C knows by name already. */
  readonly #forwards: Uint8Array;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#order = new COrder(btf, this.text);
    this.#declarations = new CDeclarations(btf, this.text);
    this.#states = new Uint8Array(btf.nrTypes);
    this.#forwards = new Uint8Array(btf.nrTypes);
  }

  /** Writes what is to be defined for a type and is not yet; answers 0 or a negative errno. */
  dumpType(id: number): number {
    const needed = this.#order.neededFor(id);
    if (typeof needed === "number") return needed;
    for (const each of needed) this.#emit(each, 0);
    return this.text.isFull ? -E2BIG : 0;
  }

  /** @param container the definition that is about to refer to it; 0: it is to be defined itself */
  #emit(id: number, container: number): void {
    this.text.within(() => this.#emitType(id, container), undefined);
  }

  /** @linux tools/lib/bpf/btf_dump.c `btf_dump_emit_type` (6.18) */
  #emitType(id: number, container: number): void {
    const type = this.#btf.typeById(id);
    const state = this.#states[id];
    if (type === undefined || state === EMITTED) return;
    if (state === EMITTING) {
      if (this.#forwards[id] === 0) this.#emitForward(type, container);
      return;
    }
    switch (type.kind) {
      case BTF_KIND_INT:
        this.#emitMissingAlias(this.#declarations.names.tagOf(type));
        this.#states[id] = EMITTED;
        break;
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        if (container === 0) {
          this.#declarations.enumDefinition(type, 0);
          this.#end();
        }
        this.#states[id] = EMITTED;
        break;
      case BTF_KIND_PTR:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        this.#emit(type.type, container);
        break;
      case BTF_KIND_ARRAY:
        this.#emit(type.elemType, container);
        break;
      case BTF_KIND_FWD:
        this.#declarations.forward(type);
        this.#end();
        this.#states[id] = EMITTED;
        break;
      case BTF_KIND_TYPEDEF:
        this.#states[id] = EMITTING;
        this.#emit(type.type, id);
        if (this.#forwards[id] === 0) this.#emitTypedef(type);
        this.#states[id] = EMITTED;
        break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        this.#emitStruct(type, container);
        break;
      case BTF_KIND_FUNC_PROTO:
        this.#emit(type.type, container);
        for (const param of type.params) this.#emit(param.type, container);
        break;
      default:
        break;
    }
  }

  /** Something that is about to be defined is referred to by what it needs itself. */
  #emitForward(type: BtfType, container: number): void {
    if (isStruct(type)) {
      // A struct knows its own name.
      if (type.id === container || type.nameOff === 0) return;
      this.#emitStructForward(type);
    } else if (type.kind === BTF_KIND_TYPEDEF) {
      this.#emitTypedef(type);
      this.#forwards[type.id] = 1;
    }
  }

  #emitStruct(type: BtfStruct, container: number): void {
    const { id, nameOff } = type;
    this.#states[id] = EMITTING;
    if (container === 0 || nameOff === 0) {
      // All its members will be spelt: what they refer to must be known before.
      const inner = nameOff === 0 ? container : id;
      for (const member of type.members) this.#emit(member.type, inner);
    } else if (this.#forwards[id] === 0 && id !== container) {
      this.#emitStructForward(type);
    }
    this.#states[id] = 0;
    if (container !== 0) return;
    this.#declarations.structDefinition(type, 0);
    this.#end();
    this.#states[id] = EMITTED;
  }

  #emitStructForward(type: BtfStruct): void {
    this.#declarations.structForward(type);
    this.#end();
    this.#forwards[type.id] = 1;
  }

  #emitTypedef(type: BtfRef): void {
    // Every compiler has it, and each its own.
    if (this.#btf.nameOf(type) === "__builtin_va_list") return;
    this.#declarations.typedef(type);
    this.#end();
  }

  #emitMissingAlias(name: string): void {
    const base = MISSING_BASE_TYPES.get(name);
    if (base !== undefined) this.text.write(`typedef ${base} ${name};\n\n`);
  }

  #end(): void {
    this.text.write(";\n\n");
  }
}
