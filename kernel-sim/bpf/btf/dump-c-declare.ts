import type { Btf } from "./btf.ts";
import { CLayout } from "./dump-c-layout.ts";
import { CNames } from "./dump-c-names.ts";
import type { CText } from "./dump-c-text.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_CONST,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_FLOAT,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_RESTRICT,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_TYPEDEF,
  BTF_KIND_UNION,
  BTF_KIND_UNKN,
  BTF_KIND_VOLATILE,
  BTF_VOID,
  type BtfEnum,
  type BtfFuncProto,
  type BtfFwd,
  type BtfParam,
  type BtfRef,
  type BtfStruct,
  type BtfType,
  enumValueText,
  isModifier,
  memberBitfieldSize,
  memberBitOffset,
} from "./kinds.ts";

const TABS_MAX = 13;
const QUALIFIERS: Readonly<Partial<Record<BtfType["kind"], string>>> = {
  [BTF_KIND_VOLATILE]: "volatile",
  [BTF_KIND_CONST]: "const",
  [BTF_KIND_RESTRICT]: "restrict",
};

/** Declarations and definitions of C, each written into a text. */
export class CDeclarations {
  readonly names: CNames;
  readonly #btf: Btf;
  readonly #text: CText;
  readonly #layout: CLayout;

  constructor(btf: Btf, text: CText) {
    this.#btf = btf;
    this.#text = text;
    this.names = new CNames(btf);
    this.#layout = new CLayout(btf);
  }

  structForward(type: BtfStruct): void {
    this.#text.write(`${keyword(type)}${gap(type)}${this.names.tagOf(type)}`);
  }

  /** What a BTF_KIND_FWD stands for. */
  forward(type: BtfFwd): void {
    this.#text.write(`${type.kflag ? "union" : "struct"} ${this.names.tagOf(type)}`);
  }

  /** @linux tools/lib/bpf/btf_dump.c `btf_dump_emit_typedef_def` (6.18) */
  typedef(type: BtfRef): void {
    const name = this.names.identOf(type);
    // Of old compilers, which say that it is void.
    if (type.type === 0 && name === "__gnuc_va_list") {
      this.#text.write("typedef __builtin_va_list __gnuc_va_list");
      return;
    }
    this.#text.write("typedef ");
    this.declare(type.type, name, 0);
  }

  /** @linux tools/lib/bpf/btf_dump.c `btf_dump_emit_struct_def` (6.18) */
  structDefinition(type: BtfStruct, level: number): void {
    const isStruct = type.kind === BTF_KIND_STRUCT;
    const isPacked = isStruct && this.#layout.isPacked(type);
    const indent = tabs(level + 1);
    const pad = (from: number, to: number, align: number, isInBitfield: boolean) =>
      this.#layout.pad(from, to, align, isInBitfield, (name, bits) =>
        this.#text.write(`\n${indent}${name}: ${bits};`),
      );
    this.structForward(type);
    this.#text.write(" {");
    let at = 0;
    let wasBitfield = false;
    for (const member of type.members) {
      const bits = memberBitfieldSize(type, member);
      const start = memberBitOffset(type, member);
      const align = isPacked ? 1 : this.#layout.alignOf(member.type);
      pad(at, start, align, wasBitfield && bits !== 0);
      this.#text.write(`\n${indent}`);
      this.declare(member.type, this.#btf.nameOf(member), level + 1);
      wasBitfield = bits !== 0;
      this.#text.write(wasBitfield ? `: ${bits};` : ";");
      at = start + (wasBitfield ? bits : this.#layout.sizeOf(member.type) * 8);
    }
    if (isStruct) pad(at, type.size * 8, this.#layout.alignOf(type.id), false);
    if (type.vlen > 0 || type.size > 0) this.#text.write(`\n${tabs(level)}`);
    this.#text.write(isPacked ? "} __attribute__((packed))" : "}");
  }

  /** @linux tools/lib/bpf/btf_dump.c `btf_dump_emit_enum_def` (6.18) */
  enumDefinition(type: BtfEnum, level: number): void {
    this.#text.write(`enum${gap(type)}${this.names.tagOf(type)}`);
    if (type.vlen === 0) return;
    const suffix = type.kind === BTF_KIND_ENUM ? "" : type.kflag ? "LL" : "ULL";
    this.#text.write(" {");
    for (const value of type.values) {
      const name = this.names.enumerator(this.#btf.nameOf(value));
      this.#text.write(`\n${tabs(level + 1)}${name} = ${enumValueText(type, value)}${suffix},`);
    }
    this.#text.write(`\n${tabs(level)}}${this.#enumMode(type)}`);
  }

  /** Needed where the values alone would give it another size. */
  #enumMode({ size, values }: BtfEnum): string {
    if (size === 1) return " __attribute__((mode(byte)))";
    const isWord = size === 8 && this.#layout.pointerBytes === 8;
    return isWord && values.every(({ hi }) => hi === 0) ? " __attribute__((mode(word)))" : "";
  }

  /**
   * A type with the name of what has it, in C's inside-out manner.
   *
   * @linux tools/lib/bpf/btf_dump.c `btf_dump_emit_type_decl` (6.18)
   * @param level how far lines are indented
   */
  declare(id: number, name: string, level: number): void {
    const chain: BtfType[] = [];
    for (let at: number | undefined = id; at !== undefined; ) {
      const type: BtfType = this.#btf.typeById(at) ?? BTF_VOID;
      chain.push(type);
      at = innerOf(type);
      // A chain that comes back to itself has no end.
      if (chain.length > this.#btf.nrTypes) {
        this.#text.isFull = true;
        return;
      }
    }
    this.#chain(chain, name, level);
  }

  #chain(chain: BtfType[], name: string, level: number): void {
    this.#text.within(() => this.#writeChain(chain, name, level), undefined);
  }

  /** @linux tools/lib/bpf/btf_dump.c `btf_dump_emit_type_chain` (6.18) */
  #writeChain(chain: BtfType[], name: string, level: number): void {
    // At the start of a part in parentheses, a star needs no space before it, either.
    let wasPtr = true;
    for (let type = chain.pop(); type !== undefined; type = chain.pop()) {
      switch (type.kind) {
        case BTF_KIND_PTR:
          this.#text.write(wasPtr ? "*" : " *");
          break;
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
          this.#text.write(` ${QUALIFIERS[type.kind]}`);
          break;
        case BTF_KIND_ARRAY:
          dropModifiers(chain);
          this.#arrayOf(chain, name, level, wasPtr);
          this.#text.write(`[${type.nelems}]`);
          return;
        case BTF_KIND_FUNC_PROTO:
          dropModifiers(chain);
          this.#functionOf(type, chain, name, level, wasPtr);
          return;
        default:
          this.#qualifiers(chain);
          if (!this.#terminal(type, level)) return;
      }
      wasPtr = type.kind === BTF_KIND_PTR;
    }
    this.#nameBehind(wasPtr, name);
  }

  #arrayOf(chain: BtfType[], name: string, level: number, wasPtr: boolean): void {
    const next = chain.at(-1);
    if (next === undefined) {
      this.#nameBehind(wasPtr, name);
      return;
    }
    if (name !== "" && !wasPtr) this.#text.write(" ");
    const isArray = next.kind === BTF_KIND_ARRAY;
    if (!isArray) this.#text.write("(");
    this.#chain(chain, name, level);
    if (!isArray) this.#text.write(")");
  }

  #functionOf(
    { params, vlen }: BtfFuncProto,
    chain: BtfType[],
    name: string,
    level: number,
    wasPtr: boolean,
  ): void {
    if (chain.length > 0) {
      this.#text.write(" (");
      this.#chain(chain, name, level);
      this.#text.write(")");
    } else {
      this.#nameBehind(wasPtr, name);
    }
    this.#text.write("(");
    if (vlen === 0 || (vlen === 1 && params[0]!.type === 0)) this.#text.write("void");
    else this.#parameters(params, level);
    this.#text.write(")");
  }

  #parameters(params: readonly BtfParam[], level: number): void {
    for (const [index, param] of params.entries()) {
      if (index > 0) this.#text.write(", ");
      if (index === params.length - 1 && param.type === 0) this.#text.write("...");
      else this.declare(param.type, this.#btf.nameOf(param), level);
    }
  }

  /** What a declaration begins with; false: it cannot. */
  #terminal(type: BtfType, level: number): boolean {
    switch (type.kind) {
      case BTF_KIND_UNKN:
        this.#text.write("void");
        return true;
      case BTF_KIND_INT:
      case BTF_KIND_FLOAT:
        this.#text.write(this.#btf.nameOf(type));
        return true;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        if (type.nameOff === 0) this.structDefinition(type, level);
        else this.structForward(type);
        return true;
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        if (type.nameOff === 0) this.enumDefinition(type, level);
        else this.#text.write(`enum ${this.names.tagOf(type)}`);
        return true;
      case BTF_KIND_FWD:
        this.forward(type);
        return true;
      case BTF_KIND_TYPEDEF:
        this.#text.write(this.names.identOf(type));
        return true;
      case BTF_KIND_TYPE_TAG: {
        const tag = this.#btf.nameOf(type);
        const attribute = type.kflag ? tag : `btf_type_tag("${tag}")`;
        this.#text.write(` __attribute__((${attribute}))`);
        return true;
      }
      default:
        return false;
    }
  }

  /** Those of what is no pointer stand before it. */
  #qualifiers(chain: BtfType[]): void {
    for (let next = chain.at(-1); next !== undefined; next = chain.at(-1)) {
      const qualifier = QUALIFIERS[next.kind];
      if (qualifier === undefined) return;
      this.#text.write(`${qualifier} `);
      chain.pop();
    }
  }

  #nameBehind(wasPtr: boolean, name: string): void {
    this.#text.write(name !== "" && !wasPtr ? ` ${name}` : name);
  }
}

/** The type that one is made of, where a declaration spells both. */
function innerOf(type: BtfType): number | undefined {
  switch (type.kind) {
    case BTF_KIND_PTR:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC_PROTO:
    case BTF_KIND_TYPE_TAG:
      return type.type;
    case BTF_KIND_ARRAY:
      return type.elemType;
    default:
      return undefined;
  }
}

/** C has no qualified arrays and functions: some compilers write them nevertheless. */
function dropModifiers(chain: BtfType[]): void {
  for (let next = chain.at(-1); next !== undefined && isModifier(next); next = chain.at(-1)) {
    chain.pop();
  }
}

function keyword({ kind }: BtfStruct): string {
  return kind === BTF_KIND_STRUCT ? "struct" : "union";
}

function gap({ nameOff }: BtfType): string {
  return nameOff === 0 ? "" : " ";
}

function tabs(level: number): string {
  return "\t".repeat(Math.min(level, TABS_MAX));
}
