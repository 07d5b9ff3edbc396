/** Makes BTF of declarations in C, as pahole does of a kernel. */
import { invariant } from "../../hw/simulator-bug.ts";
import { BtfBuilder, type MemberSpec } from "./build.ts";
import type { CDeclarations, CNamed, CType, Tag } from "./c-declarations.ts";
import { BTF_FUNC_STATIC } from "./kinds.ts";

const SIGNED = 1;
const BOOL = 4;

/** Size in bytes and encoding, by the name that compilers give the type. */
const INTS: Readonly<Record<string, readonly [bytes: number, encoding: number]>> = {
  char: [1, 0],
  "signed char": [1, SIGNED],
  "unsigned char": [1, 0],
  "short int": [2, SIGNED],
  "short unsigned int": [2, 0],
  int: [4, SIGNED],
  "unsigned int": [4, 0],
  "long int": [8, SIGNED],
  "long unsigned int": [8, 0],
  "long long int": [8, SIGNED],
  "long long unsigned int": [8, 0],
  "__int128 unsigned": [16, 0],
  _Bool: [1, BOOL],
};
const POINTER_BYTES = 8;
/** Structures that stand in others without a name of their own. */
const ANONYMOUS = "__anon";
const ENUM_BYTES = 4;

/** Variables that lie in one section, by where they lie. */
export interface VariableSection {
  readonly name: string;
  readonly bytes: number;
  readonly variables: readonly {
    readonly name: string;
    readonly type: CType;
    readonly offset: number;
    readonly bytes: number;
    readonly isStatic: boolean;
  }[];
}

/** The bytes of a BTF object with all types that the declarations name, with their functions, and with variables. */
export function btfFromC(declarations: CDeclarations, section: VariableSection): Uint8Array {
  return new Writer(declarations).run(declarations, section);
}

/**
 * The same with what `more` declares behind it: all that is there without it keeps its number, and so do the names. What
 * was only known by its name, since it is `more` that says what it is, stands in its place.
 */
export function btfFromBoth(
  declarations: CDeclarations,
  more: CDeclarations,
  section: VariableSection,
): Uint8Array {
  const first = new Writer(declarations);
  first.run(declarations, section);
  return new Writer(both(declarations, more), first).run(more);
}

function both(one: CDeclarations, other: CDeclarations): CDeclarations {
  return {
    typedefs: new Map([...other.typedefs, ...one.typedefs]),
    bodies: new Map([...other.bodies, ...one.bodies]),
    sizes: new Map([...other.sizes, ...one.sizes]),
    functions: one.functions,
    enums: new Map([...other.enums, ...one.enums]),
  };
}

/** What gets a number: a type, or a function with its type. */
type Numbered =
  | CType
  | { readonly kind: "function"; readonly name: string; readonly type: CType }
  | { readonly kind: "variable"; readonly of: VariableSection["variables"][number] }
  | { readonly kind: "section"; readonly of: VariableSection; readonly first: number };

class Writer {
  readonly #declarations: CDeclarations;
  readonly #builder = new BtfBuilder();
  /** A type gets its number when it is first named, and is written when its turn comes. */
  readonly #ids: Map<string, number>;
  readonly #queue: Numbered[];
  readonly #layouts = new Map<string, Layout>();
  #nrWritten = 0;

  /** @param before who has numbered types and names already */
  constructor(declarations: CDeclarations, before?: Writer) {
    this.#declarations = declarations;
    this.#ids = new Map(before === undefined ? [["void", 0]] : before.#ids);
    this.#queue = before === undefined ? [] : [...before.#queue];
    for (const text of before === undefined ? [] : before.#builder.texts) {
      this.#builder.string(text);
    }
  }

  run(
    { bodies, functions, typedefs, enums }: CDeclarations,
    section?: VariableSection,
  ): Uint8Array {
    for (const key of bodies.keys()) this.#idOf(taggedOf(key));
    for (const key of enums.keys()) this.#idOf(taggedOf(key));
    for (const type of functions.values()) this.#idOf(type);
    for (const key of typedefs.keys()) this.#idOf({ kind: "typedef", key });
    this.#writeQueue();
    for (const [name, type] of functions) this.#queue.push({ kind: "function", name, type });
    this.#writeQueue();
    if (section !== undefined) this.#section(section);
    return this.#builder.bytes();
  }

  #section(section: VariableSection): void {
    for (const { type } of section.variables) this.#idOf(type);
    const first = this.#queue.length + 1;
    for (const of of section.variables) this.#queue.push({ kind: "variable", of });
    this.#queue.push({ kind: "section", of: section, first });
    this.#writeQueue();
  }

  #writeQueue(): void {
    while (this.#nrWritten < this.#queue.length) this.#write(this.#queue[this.#nrWritten++]!);
  }

  #idOf(type: CType): number {
    const known = this.#ids.get(type.key);
    if (known !== undefined) return known;
    this.#queue.push(type);
    this.#ids.set(type.key, this.#queue.length);
    return this.#queue.length;
  }

  #write(type: Numbered): number {
    const builder = this.#builder;
    switch (type.kind) {
      case "function":
        return builder.func(type.name, this.#idOf(type.type), BTF_FUNC_STATIC);
      case "variable":
        return builder.variable(type.of.name, this.#idOf(type.of.type), type.of.isStatic);
      case "section":
        return builder.dataSection(
          type.of.name,
          type.of.bytes,
          type.of.variables.map(({ offset, bytes }, i) => [type.first + i, offset, bytes]),
        );
      case "int": {
        const [bytes, encoding] = intOf(type.key);
        return builder.int(type.key, bytes, encoding);
      }
      case "typedef":
        return builder.typedef(type.key, this.#idOf(this.#typedef(type.key)));
      case "ptr":
        return builder.ptr(this.#idOf(type.to));
      case "const":
        return builder.const(this.#idOf(type.to));
      case "tag":
        return builder.typeTag(type.tagName, this.#idOf(type.to));
      case "array":
        return builder.array(this.#idOf(type.of), this.#idOf(INDEX), type.nelems);
      case "func":
        return builder.funcProto(this.#idOf(type.result), type.params.map(this.#param));
      case "tagged":
        return this.#writeTagged(type);
      default:
        invariant(false, "void needs no record");
    }
  }

  readonly #param = ({ name, type }: CNamed) => ({ name, type: this.#idOf(type) });

  #writeTagged({ key, tag, name }: Extract<CType, { kind: "tagged" }>): number {
    const members = this.#declarations.bodies.get(key);
    const shown = name.startsWith(ANONYMOUS) ? "" : name;
    if (tag === "enum") {
      return this.#builder.enum(shown, ENUM_BYTES, this.#declarations.enums.get(key) ?? []);
    }
    if (members === undefined) return this.#builder.fwd(name);
    const { bytes } = this.#layout(key, members, tag === "union");
    const specs = this.#specs(key, members, tag === "union");
    return tag === "struct"
      ? this.#builder.struct(shown, bytes, specs)
      : this.#builder.union(shown, bytes, specs);
  }

  #specs(key: string, members: readonly CNamed[], isUnion: boolean): MemberSpec[] {
    const { offsets } = this.#layout(key, members, isUnion);
    return members.map(({ name, type, bits, bitOffset }, i) => ({
      name,
      type: this.#idOf(type),
      bitOffset: bitOffset ?? offsets[i]! * 8,
      ...(bits === undefined ? {} : { bitfieldSize: bits }),
    }));
  }

  #layout(key: string, members: readonly CNamed[], isUnion: boolean): Layout {
    const known = this.#layouts.get(key) ?? this.#computeLayout(key, members, isUnion);
    this.#layouts.set(key, known);
    return known;
  }

  #computeLayout(key: string, members: readonly CNamed[], isUnion: boolean): Layout {
    let end = 0;
    let alignment = 1;
    const offsets = members.map(({ type, bits, bitOffset }) => {
      if (bits !== undefined) return 0;
      const own = this.#sizeOf(type);
      alignment = Math.max(alignment, own.alignment);
      const next = isUnion ? 0 : roundUp(end, own.alignment);
      const offset = bitOffset === undefined ? next : bitOffset / 8;
      end = Math.max(end, offset + own.bytes);
      return offset;
    });
    const bytes = this.#declarations.sizes.get(key) ?? roundUp(end, alignment);
    return { bytes, alignment, offsets };
  }

  #sizeOf(type: CType): Size {
    switch (type.kind) {
      case "int": {
        const [bytes] = intOf(type.key);
        return { bytes, alignment: bytes };
      }
      case "typedef":
        return this.#sizeOf(this.#typedef(type.key));
      case "const":
      case "tag":
        return this.#sizeOf(type.to);
      case "ptr":
        return { bytes: POINTER_BYTES, alignment: POINTER_BYTES };
      case "array": {
        const element = this.#sizeOf(type.of);
        return { bytes: element.bytes * type.nelems, alignment: element.alignment };
      }
      case "tagged": {
        if (type.tag === "enum") return { bytes: ENUM_BYTES, alignment: ENUM_BYTES };
        return this.#layout(
          type.key,
          this.#declarations.bodies.get(type.key) ?? [],
          type.tag === "union",
        );
      }
      default:
        return { bytes: 0, alignment: 1 };
    }
  }

  #typedef(name: string): CType {
    const type = this.#declarations.typedefs.get(name);
    invariant(type !== undefined, `no type ${name}`);
    return type;
  }
}

interface Size {
  readonly bytes: number;
  readonly alignment: number;
}

interface Layout extends Size {
  readonly offsets: readonly number[];
}

const INDEX: CType = { kind: "int", key: "unsigned int" };

function intOf(key: string): readonly [bytes: number, encoding: number] {
  const known = INTS[key];
  invariant(known !== undefined, `no type ${key}`);
  return known;
}

function taggedOf(key: string): CType {
  const [tag, name] = key.split(" ");
  return { kind: "tagged", key, tag: tag as Tag, name: name! };
}

function roundUp(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}
