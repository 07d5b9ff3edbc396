/**
 * Reads declarations in C, as far as the kernel's headers need it to say what types it has:
 * typedefs, structs, unions, enums, and prototypes of functions.
 */
import { invariant } from "../../hw/simulator-bug.ts";

/** A type as it was written; `key` names it, so that equal types are one. */
export type CType =
  | { readonly kind: "void"; readonly key: string }
  | { readonly kind: "int"; readonly key: string }
  | { readonly kind: "tagged"; readonly key: string; readonly tag: Tag; readonly name: string }
  | { readonly kind: "typedef"; readonly key: string }
  | { readonly kind: "ptr" | "const"; readonly key: string; readonly to: CType }
  /** What is said of a pointer in front of its star: `__rcu`. */
  | { readonly kind: "tag"; readonly key: string; readonly tagName: string; readonly to: CType }
  | { readonly kind: "array"; readonly key: string; readonly of: CType; readonly nelems: number }
  | CFunction;

export interface CFunction {
  readonly kind: "func";
  readonly key: string;
  readonly result: CType;
  readonly params: readonly CNamed[];
}

export type Tag = "struct" | "union" | "enum";

export interface CNamed {
  readonly name: string;
  readonly type: CType;
  /** Where a member begins, in bits, when it is not behind the one before: `@64`. */
  readonly bitOffset?: number;
  /** In bits, of a bit field: `:3`. */
  readonly bits?: number;
}

export interface CDeclarations {
  readonly typedefs: ReadonlyMap<string, CType>;
  /** By key, e.g. `struct sock`. */
  readonly bodies: ReadonlyMap<string, readonly CNamed[]>;
  /** In bytes, of structs that are larger than their members: `@128` behind the body. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly functions: ReadonlyMap<string, CFunction>;
  /** Names and numbers of enums, by key. */
  readonly enums: ReadonlyMap<string, readonly CEnumerator[]>;
}

export type CEnumerator = readonly [name: string, value: number];

const TAG_PREFIX = "__";
const VOID: CType = Object.freeze({ kind: "void", key: "void" });
const INT_WORDS = new Set([
  "char",
  "short",
  "int",
  "long",
  "unsigned",
  "signed",
  "__int128",
  "_Bool",
]);
const TYPE_TAGS = new Set(["__rcu", "__user", "__percpu"]);
const TOKEN = /\s*([A-Za-z_]\w*|\d+|[{}()[\];,*:@=-])/y;

export function parseDeclarations(text: string): CDeclarations {
  return new Parser(text).run();
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;
  readonly #typedefs = new Map<string, CType>();
  readonly #bodies = new Map<string, readonly CNamed[]>();
  readonly #sizes = new Map<string, number>();
  readonly #functions = new Map<string, CFunction>();
  readonly #enums = new Map<string, readonly CEnumerator[]>();

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  run(): CDeclarations {
    while (this.#at < this.#tokens.length) this.#declaration();
    return {
      typedefs: this.#typedefs,
      bodies: this.#bodies,
      sizes: this.#sizes,
      functions: this.#functions,
      enums: this.#enums,
    };
  }

  #declaration(): void {
    const isTypedef = this.#accept("typedef");
    const base = this.#specifier();
    if (this.#accept(";")) return;
    const { name, type } = this.#declarator(base);
    if (isTypedef) this.#typedefs.set(name, type);
    else if (type.kind === "func") this.#functions.set(name, type);
    this.#expect(";");
  }

  #specifier(): CType {
    const isConst = this.#accept("const");
    const first = this.#next();
    let type: CType;
    if (first === "void") {
      type = VOID;
    } else if (first === "struct" || first === "union" || first === "enum") {
      type = this.#tagged(first);
    } else if (INT_WORDS.has(first)) {
      const words = [first];
      while (INT_WORDS.has(this.#peek())) words.push(this.#next());
      type = { kind: "int", key: words.join(" ") };
    } else {
      type = { kind: "typedef", key: first };
    }
    if (isConst || this.#accept("const")) type = constOf(type);
    if (!TYPE_TAGS.has(this.#peek())) return type;
    const tagName = this.#next().slice(TAG_PREFIX.length);
    return { kind: "tag", key: `${type.key} __${tagName}`, tagName, to: type };
  }

  #tagged(tag: Tag): CType {
    const name = this.#next();
    const key = `${tag} ${name}`;
    if (tag === "enum") {
      if (this.#accept("{")) this.#enums.set(key, this.#enumerators());
    } else if (this.#accept("{")) {
      const members: CNamed[] = [];
      while (!this.#accept("}")) {
        members.push(this.#placed(this.#declarator(this.#specifier())));
        this.#expect(";");
      }
      this.#bodies.set(key, members);
      if (this.#accept("@")) this.#sizes.set(key, Number(this.#next()));
    }
    return { kind: "tagged", key, tag, name };
  }

  /** Each is one more than the one before, unless it says so. */
  #enumerators(): CEnumerator[] {
    const found: CEnumerator[] = [];
    for (let value = 0; !this.#accept("}"); value++) {
      const name = this.#next();
      if (this.#accept("="))
        value = this.#accept("-") ? -Number(this.#next()) : Number(this.#next());
      found.push([name, value]);
      this.#accept(",");
    }
    return found;
  }

  #placed(member: CNamed): CNamed {
    const sized = this.#accept(":") ? { ...member, bits: Number(this.#next()) } : member;
    return this.#accept("@") ? { ...sized, bitOffset: Number(this.#next()) } : sized;
  }

  #declarator(base: CType): CNamed {
    let type = base;
    while (this.#accept("*")) {
      type = { kind: "ptr", key: `${type.key} *`, to: type };
      if (this.#accept("const")) type = constOf(type);
    }
    if (this.#peek() === "(") return this.#functionPointer(type);
    const name = /^\w/.test(this.#peek()) ? this.#next() : "";
    if (this.#peek() === "(") return { name, type: this.#function(type) };
    return { name, type: this.#arrays(type) };
  }

  #arrays(element: CType): CType {
    if (!this.#accept("[")) return element;
    const nelems = Number(this.#next());
    this.#expect("]");
    const of = this.#arrays(element);
    return { kind: "array", key: `${of.key}[${nelems}]`, of, nelems };
  }

  #functionPointer(result: CType): CNamed {
    this.#expect("(");
    this.#expect("*");
    const name = this.#next();
    this.#expect(")");
    const to = this.#function(result);
    return { name, type: { kind: "ptr", key: `${to.key} *`, to } };
  }

  #function(result: CType): CFunction {
    this.#expect("(");
    const params: CNamed[] = [];
    while (!this.#accept(")")) {
      params.push(this.#declarator(this.#specifier()));
      this.#accept(",");
    }
    const isEmpty = params.length === 1 && params[0]!.type === VOID;
    const kept = isEmpty ? [] : params;
    const list = kept.map(({ name, type }) => `${type.key} ${name}`).join(", ");
    return { kind: "func", key: `${result.key} (${list})`, result, params: kept };
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? "";
  }

  #accept(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    invariant(this.#accept(token), `"${token}" expected in front of "${this.#peek()}"`);
  }
}

function constOf(to: CType): CType {
  return { kind: "const", key: `const ${to.key}`, to };
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text))
    tokens.push(found[1]!);
  return tokens;
}
