import * as kinds from "./kinds.ts";

const HEADER_BYTES = 24;

export interface MemberSpec {
  readonly name: string;
  readonly type: number;
  /** In bits. */
  readonly bitOffset: number;
  /** In bits; only where the whole struct is built with `kflag`. */
  readonly bitfieldSize?: number;
}

export interface ParamSpec {
  readonly name: string;
  readonly type: number;
}

/** Makes a BTF object type by type, and answers the id of each. */
export class BtfBuilder {
  readonly #words: number[] = [];
  readonly #strings: number[] = [0];
  readonly #offsets = new Map<string, number>([["", 0]]);
  #nextId = 1;

  /** @param bytes size, 1 to 16 */
  int(name: string, bytes: number, encoding: number = 0): number {
    const tail = (encoding << 24) | (bytes * 8);
    return this.add(name, kinds.BTF_KIND_INT, 0, bytes, [tail]);
  }

  ptr(type: number): number {
    return this.add("", kinds.BTF_KIND_PTR, 0, type);
  }

  const(type: number): number {
    return this.add("", kinds.BTF_KIND_CONST, 0, type);
  }

  typedef(name: string, type: number): number {
    return this.add(name, kinds.BTF_KIND_TYPEDEF, 0, type);
  }

  typeTag(name: string, type: number): number {
    return this.add(name, kinds.BTF_KIND_TYPE_TAG, 0, type);
  }

  array(elemType: number, indexType: number, nelems: number): number {
    return this.add("", kinds.BTF_KIND_ARRAY, 0, 0, [elemType, indexType, nelems]);
  }

  struct(name: string, bytes: number, members: readonly MemberSpec[]): number {
    return this.#composite(kinds.BTF_KIND_STRUCT, name, bytes, members);
  }

  union(name: string, bytes: number, members: readonly MemberSpec[]): number {
    return this.#composite(kinds.BTF_KIND_UNION, name, bytes, members);
  }

  fwd(name: string): number {
    return this.add(name, kinds.BTF_KIND_FWD, 0, 0);
  }

  enum(name: string, bytes: number, values: readonly (readonly [string, number])[]): number {
    const tail = values.flatMap(([value, number]) => [this.string(value), number]);
    const isSigned = values.some(([, number]) => number < 0);
    return this.add(name, kinds.BTF_KIND_ENUM, values.length, bytes, tail, isSigned);
  }

  funcProto(result: number, params: readonly ParamSpec[]): number {
    const tail = params.flatMap(({ name, type }) => [this.string(name), type]);
    return this.add("", kinds.BTF_KIND_FUNC_PROTO, params.length, result, tail);
  }

  func(name: string, proto: number, linkage: number): number {
    return this.add(name, kinds.BTF_KIND_FUNC, linkage, proto);
  }

  variable(name: string, type: number, isStatic: boolean): number {
    return this.add(name, kinds.BTF_KIND_VAR, 0, type, [isStatic ? 0 : 1]);
  }

  /** @param variables ids, and where in the section each lies */
  dataSection(
    name: string,
    bytes: number,
    variables: readonly (readonly [id: number, offset: number, bytes: number])[],
  ): number {
    return this.add(name, kinds.BTF_KIND_DATASEC, variables.length, bytes, variables.flat());
  }

  declTag(name: string, type: number, componentIdx: number = -1): number {
    return this.add(name, kinds.BTF_KIND_DECL_TAG, 0, type, [componentIdx]);
  }

  /** A record as it is, right or wrong. */
  add(
    name: string,
    kind: number,
    vlen: number,
    sizeOrType: number,
    tail: readonly number[] = [],
    kflag: boolean = false,
  ): number {
    const info = (kflag ? 0x8000_0000 : 0) | (kind << 24) | vlen;
    this.#words.push(this.string(name), info, sizeOrType, ...tail);
    return this.#nextId++;
  }

  /** Where the string stands in the string section. */
  string(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#strings.length;
    for (let i = 0; i < text.length; i++) this.#strings.push(text.charCodeAt(i));
    this.#strings.push(0);
    this.#offsets.set(text, offset);
    return offset;
  }

  /** All strings so far, in the order in which they stand. */
  get texts(): Iterable<string> {
    return this.#offsets.keys();
  }

  bytes(): Uint8Array {
    const typeBytes = this.#words.length * 4;
    const data = new Uint8Array(HEADER_BYTES + typeBytes + this.#strings.length);
    const view = new DataView(data.buffer);
    view.setUint32(0, 0x0001_eb9f, true);
    view.setUint32(4, HEADER_BYTES, true);
    view.setUint32(12, typeBytes, true);
    view.setUint32(16, typeBytes, true);
    view.setUint32(20, this.#strings.length, true);
    for (const [i, word] of this.#words.entries()) view.setUint32(HEADER_BYTES + i * 4, word, true);
    data.set(this.#strings, HEADER_BYTES + typeBytes);
    return data;
  }

  #composite(kind: number, name: string, bytes: number, members: readonly MemberSpec[]): number {
    const kflag = members.some(({ bitfieldSize }) => bitfieldSize !== undefined);
    const tail = members.flatMap(({ name: member, type, bitOffset, bitfieldSize = 0 }) => [
      this.string(member),
      type,
      (bitfieldSize << 24) | bitOffset,
    ]);
    return this.add(name, kind, members.length, bytes, tail, kflag);
  }
}
