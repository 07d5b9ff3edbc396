import { byteArray } from "../../lib/byte-string.ts";
import {
  BTF_KIND_ARRAY,
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  type BtfStruct,
  isStruct,
} from "../btf/kinds.ts";
import { memberPlace } from "../btf/member-place.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { type KeptMember, layoutOf } from "./layout.ts";
import type { MemberValue, StructAt, StructTable, WordsAt } from "./members.ts";
import { type Place, Places } from "./places.ts";
import { structsAddress, upperOf } from "./upper.ts";
import { Window } from "./window.ts";

/** Who knows the objects. */
export interface StructsHost {
  /** How they follow from an object of the simulator; undefined: nothing is known of such structures. */
  tableOf(struct: string, of: object): StructTable | undefined;
  /** What is always there, and leads to everything else that is. */
  roots(): Iterable<StructAt>;
}

const POINTER_BYTES = 8;

/**
 * The kernel's own structures, as programs read them: each object of the simulator that a program has been shown lies at one
 * address for as long as it lives, outside of the memory that programs share, and what is read there is worked out when it is read.
 *
 * @simplified what is not described reads as 0, and nothing is written there
 */
export class KernelStructs {
  readonly #host: StructsHost;
  readonly #places = new Places();
  readonly #layouts = new Map<StructTable, readonly KeptMember[]>();
  /** By object: how often programs hold it. */
  readonly #held = new Map<object, number>();

  constructor(host: StructsHost) {
    this.#host = host;
  }

  /** The address of what `of` is, as a number with a sign; 0: no such structure is declared, or there is no room. */
  addressOf(struct: string, of: object, member = ""): number {
    const type = structNamed(struct);
    if (type === undefined) return 0;
    const more = Number(this.#host.tableOf(struct, of)?.["sizeof"]?.(of as never) ?? 0);
    const place = this.#places.of(of, struct, type.size + more, { kind: "struct", struct, of });
    if (place === undefined) return 0;
    return addressAt(place) + offsetOf(type, member);
  }

  /**
   * Says that what `of` is lies in memory that programs share, and begins with the structure `first`. What programs read there as
   * members is worked out all the same.
   *
   * @param sizeBytes of all of it
   */
  placeInMemory(
    struct: string,
    first: string,
    of: object,
    address: number,
    sizeBytes: number,
  ): void {
    this.#places.fix(of, first, address, sizeBytes, { kind: "struct", struct, of });
  }

  forget(of: object): void {
    this.#places.forget(of);
  }

  /** `size` bytes of what lies in memory that programs share; undefined: no structure of the kernel does at that address. */
  readInMemory(low: number, size: number): Uint8Array<ArrayBuffer> | undefined {
    const place = this.#places.at(low);
    if (place === undefined) return undefined;
    const window = new Window(low, size);
    this.#write(window, place);
    return window.bytes;
  }

  /** The address of something else that is not kept in memory: `read` is asked for it when it is looked at. */
  addressOfBytes(owner: object, size: number, read: () => Uint8Array): number {
    const place = this.#places.of(owner, "", size, { kind: "bytes", read });
    return place === undefined ? 0 : structsAddress(place.start);
  }

  /** `size` bytes from an address of which the lower word is given; undefined: nothing can lie there. */
  read(low: number, size: number): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#places.covers(low, size)) return undefined;
    const window = new Window(low, size);
    for (const place of this.#places.within(low, low + size)) this.#write(window, place);
    return window.bytes;
  }

  /** The object that a pointer to such a structure leads to, also one inside of another. */
  objectAt(low: number, struct: string): object | undefined {
    const place = this.#places.at(low);
    if (place?.content.kind !== "struct") return undefined;
    const { content } = place;
    return this.#inside(content.struct, content.of, low - place.start, struct);
  }

  /** One more holds it. */
  hold(of: object): void {
    this.#held.set(of, this.holders(of) + 1);
  }

  put(of: object): void {
    const left = this.holders(of) - 1;
    if (left > 0) this.#held.set(of, left);
    else this.#held.delete(of);
  }

  holders(of: object): number {
    return this.#held.get(of) ?? 0;
  }

  /** Forgets what nothing leads to any more, once there is much. No program may be running. */
  settle(): void {
    if (!this.#places.areMany) return;
    const reached = new Set<object>(this.#held.keys());
    const waiting = [...this.#host.roots()];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (reached.has(next.of)) continue;
      reached.add(next.of);
      for (const { value } of this.layout(next.struct, next.of)) {
        this.#follow(value(next.of as never), waiting);
      }
    }
    this.#places.keepOnly(reached);
  }

  /** The members that are kept of it, by where they lie. */
  layout(struct: string, of: object): readonly KeptMember[] {
    const table = this.#host.tableOf(struct, of);
    const type = table && structNamed(struct);
    if (table === undefined || type === undefined) return [];
    let layout = this.#layouts.get(table);
    if (layout === undefined) {
      layout = layoutOf(btfVmlinux(), type, table);
      this.#layouts.set(table, layout);
    }
    return layout;
  }

  #follow(value: MemberValue, waiting: StructAt[]): void {
    if (typeof value !== "object" || value instanceof Uint8Array) return;
    if (isRow(value)) for (const each of value) this.#follow(each, waiting);
    else if (value.kind === "at") waiting.push(value);
    else if (value.kind === "fields") {
      for (const each of Object.values(value.values)) this.#follow(each, waiting);
    } else if (value.kind === "words") {
      for (let i = 0; i < value.count; i++) this.#follow(value.word(i), waiting);
    } else waiting.push({ kind: "at", struct: value.struct, of: value.of, member: "" });
  }

  #write(window: Window, { start, content, owner }: Place): void {
    switch (content.kind) {
      case "struct":
        this.#writeStruct(window, start, content.struct, content.of, owner, start);
        break;
      case "bytes":
        window.put(start, content.read());
        break;
      case "words": {
        const { count, word } = content.words;
        const last = Math.min(count, Math.ceil((window.start + window.bytes.length - start) / 8));
        for (let i = Math.max(0, Math.floor((window.start - start) / 8)); i < last; i++) {
          window.putNumber(
            start + i * 8,
            POINTER_BYTES,
            this.#word(word(i), owner, `${start}+${i}`),
          );
        }
      }
    }
  }

  /** @param base where the object begins in which it lies, whose pointers its own are */
  #writeStruct(
    window: Window,
    at: number,
    struct: string,
    of: object,
    owner: object,
    base: number,
  ): void {
    for (const member of this.layout(struct, of)) {
      const { start, end, bits, bitOffset, typeId } = member;
      if (!window.overlaps(at + start, at + end)) continue;
      const value = member.value(of as never);
      if (bits > 0) window.putBits(at, bitOffset, bits, Number(value ?? 0));
      else this.#writeMember(window, at + start, typeId, value, owner, base);
    }
  }

  #writeMember(
    window: Window,
    at: number,
    typeId: number,
    value: MemberValue,
    owner: object,
    base: number,
  ): void {
    if (value === undefined) return;
    const type = btfVmlinux().skipModifiers(typeId);
    if (type?.kind === BTF_KIND_PTR) {
      window.putNumber(at, POINTER_BYTES, this.#word(value, owner, `${at - base}`));
    } else if (typeof value === "string") {
      const room = type?.kind === BTF_KIND_ARRAY ? type.nelems - 1 : 0;
      window.put(at, byteArray(value.slice(0, room)));
    } else if (value instanceof Uint8Array) {
      window.put(at, value.subarray(0, btfVmlinux().typeIdSize(typeId)?.size ?? 0));
    } else if (typeof value !== "object") {
      const { size } = btfVmlinux().typeIdSize(typeId) ?? { size: 0 };
      window.putNumber(at, Math.min(size, 8), typeof value === "boolean" ? Number(value) : value);
    } else if (isRow(value)) {
      if (type?.kind !== BTF_KIND_ARRAY) return;
      const size = btfVmlinux().typeIdSize(type.elemType)?.size ?? 0;
      for (const [i, each] of value.slice(0, type.nelems || value.length).entries()) {
        const place = at + i * size;
        if (window.overlaps(place, place + size)) {
          this.#writeMember(window, place, type.elemType, each, owner, base);
        }
      }
    } else if (value.kind === "inside") {
      this.#writeStruct(window, at, value.struct, value.of, owner, base);
    } else if (value.kind === "fields" && type !== undefined && isStruct(type)) {
      for (const [name, each] of Object.entries(value.values)) {
        const place = memberPlace(btfVmlinux(), type, name);
        if (place === undefined) continue;
        this.#writeMember(window, at + place.start, place.type.id, each, owner, base);
      }
    }
  }

  /** What stands in 64 bits: where a text or a row of words begins is told by the place of the pointer in its owner. */
  #word(value: MemberValue, owner: object, key: string): number | bigint {
    if (typeof value === "number" || typeof value === "bigint") return value;
    if (typeof value === "string") {
      const bytes = byteArray(`${value}\0`);
      const place = this.#places.text(owner, key, bytes);
      return place === undefined ? 0 : structsAddress(place.start);
    }
    if (typeof value !== "object" || value instanceof Uint8Array || isRow(value)) return 0;
    if (value.kind === "at") return this.addressOf(value.struct, value.of, value.member);
    return value.kind === "words" ? this.#wordsAddress(value, owner, key) : 0;
  }

  #wordsAddress(words: WordsAt, owner: object, key: string): number {
    if (words.count === 0) return 0;
    // A longer row is another one, as one that was allocated anew.
    const name = `${key}:${words.count}`;
    const size = words.count * POINTER_BYTES;
    const place = this.#places.of(owner, name, size, { kind: "words", words });
    return place === undefined ? 0 : structsAddress(place.start);
  }

  #inside(struct: string, of: object, offset: number, wanted: string): object | undefined {
    if (offset === 0 && struct === wanted) return of;
    for (const { start, end, typeId, value } of this.layout(struct, of)) {
      if (offset < start || offset >= end) continue;
      const found = this.#within(value(of as never), typeId, offset - start, wanted);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Of the structure that lies at an offset in what a member holds. */
  #within(value: MemberValue, typeId: number, offset: number, wanted: string): object | undefined {
    if (typeof value !== "object" || value instanceof Uint8Array) return undefined;
    const type = btfVmlinux().skipModifiers(typeId);
    if (isRow(value)) {
      if (type?.kind !== BTF_KIND_ARRAY) return undefined;
      const size = btfVmlinux().typeIdSize(type.elemType)?.size ?? 1;
      const each = value[Math.floor(offset / size)];
      return this.#within(each, type.elemType, offset % size, wanted);
    }
    if (value.kind === "inside") return this.#inside(value.struct, value.of, offset, wanted);
    if (value.kind !== "fields" || type === undefined || !isStruct(type)) return undefined;
    for (const [name, each] of Object.entries(value.values)) {
      const place = memberPlace(btfVmlinux(), type, name);
      if (place === undefined || offset < place.start || offset >= place.start + place.size)
        continue;
      return this.#within(each, place.type.id, offset - place.start, wanted);
    }
    return undefined;
  }
}

/** What lies in memory that programs share has no upper word. */
function addressAt({ start }: Place): number {
  return upperOf(start) === 0 ? start : structsAddress(start);
}

function isRow(value: object): value is readonly MemberValue[] {
  return Array.isArray(value);
}

function structNamed(name: string): BtfStruct | undefined {
  const found = btfVmlinux().findByNameKind(name, BTF_KIND_STRUCT);
  return found?.kind === BTF_KIND_STRUCT ? found : undefined;
}

/** @param member also an element of one: `pid_links[1]` */
function offsetOf(struct: BtfStruct, member: string): number {
  if (member === "") return 0;
  const btf = btfVmlinux();
  const [name = "", index] = member.split("[");
  const place = memberPlace(btf, struct, name);
  if (place === undefined || index === undefined) return place?.start ?? 0;
  const element = place.type.kind === BTF_KIND_ARRAY ? place.type.elemType : 0;
  return place.start + Number.parseInt(index, 10) * (btf.typeIdSize(element)?.size ?? 0);
}
