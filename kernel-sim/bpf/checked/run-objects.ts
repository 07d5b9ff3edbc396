/** What the objects of a run are called, and how large they are. */
import { BTF_KIND_STRUCT, isStruct } from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import * as ctx from "../contexts.ts";
import { MAX_BPF_STACK } from "../isa.ts";
import type { BpfKernel } from "../kernel.ts";
import type { KernelMap } from "../maps/map.ts";
import { mapStructOf } from "../maps/map-struct.ts";
import { BPF_PROG_TYPE_XDP } from "../uapi.ts";
import {
  baseType,
  PTR_TO_FLOW_KEYS,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  typeIsSkPointer,
} from "../verifier/reg-type.ts";
import { BPF_WRITE, mayAccessPacket } from "../verifier/region-access.ts";
import type { CodeObjects } from "./checked-code.ts";
import type { MemoryObject, ObjectTable } from "./objects.ts";

const BPF_F_RDONLY_PROG = 1 << 7;
const BPF_F_WRONLY_PROG = 1 << 8;
/** `struct bpf_flow_keys`. */
const FLOW_KEYS_BYTES = 56;
const FUNCTION_BYTES = 8;
const PACKET_POINTERS = [PTR_TO_PACKET, PTR_TO_PACKET_META, PTR_TO_PACKET_END];

export class RunObjects implements CodeObjects {
  readonly objects: ObjectTable;
  readonly #kernel: BpfKernel;
  readonly #progType: number;
  readonly #frames: MemoryObject[] = [];
  #context: MemoryObject | undefined;
  #packet: MemoryObject | undefined;

  constructor(kernel: BpfKernel, objects: ObjectTable, progType: number) {
    this.#kernel = kernel;
    this.objects = objects;
    this.#progType = progType;
  }

  get contextTag(): number {
    return this.#context!.tag;
  }

  context(base: number, size: number): MemoryObject {
    this.#context = this.#add("context", "the context", base, size, true);
    return this.#context;
  }

  /** The frame of the function at a depth, in use. */
  frame(base: number, depth: number): MemoryObject {
    const known = this.#frames[depth];
    if (known !== undefined) {
      if (!known.isLive) this.objects.revive(known);
      return known;
    }
    const whose = depth === 0 ? "the program" : `the function at depth ${depth}`;
    const frame = this.#add("stack", `the stack of ${whose}`, base, MAX_BPF_STACK, true);
    this.#frames.push(frame);
    return frame;
  }

  /** What all pointers into an arena lead to: an address is the lower half of that of user space. */
  arenaObject(map: KernelMap): MemoryObject {
    const object = { kind: "arena", name: `the arena ${nameOf(map)}`, base: 0, map } as const;
    return this.objects.add({ ...object, size: 2 ** 32, isReadable: true, isWritable: true });
  }

  mapObject(map: KernelMap): MemoryObject {
    const name = `the map ${nameOf(map)}`;
    const struct = mapStructOf(map.attr.mapType);
    const object = { kind: "map", name, base: map.address, map, struct: struct.name } as const;
    const size = struct.sizeBytes;
    return this.objects.add({ ...object, size, isReadable: false, isWritable: false });
  }

  valueObject(map: KernelMap, value: number): MemoryObject {
    const { valueSize, mapFlags } = map.attr;
    return this.objects.add({
      ...{ kind: "map value", name: `a value of the map ${nameOf(map)}`, map },
      ...{ base: value, size: valueSize },
      isReadable: (mapFlags & BPF_F_WRONLY_PROG) === 0,
      isWritable: (mapFlags & BPF_F_RDONLY_PROG) === 0,
    });
  }

  keyObject(map: KernelMap, key: number): MemoryObject {
    return this.#add("map key", `a key of the map ${nameOf(map)}`, key, map.attr.keySize, false);
  }

  functionObject(address: number): MemoryObject {
    return this.#add("function", "a function of the program", address, FUNCTION_BYTES, false);
  }

  dynptr(address: number, size: number): MemoryObject {
    return this.#add("dynptr", "a dynptr", address, size, false);
  }

  /** Memory that a helper has given out. */
  memory(base: number, size: number, name: string, owner?: MemoryObject): MemoryObject {
    const object = { kind: "memory", name, base, size, owner } as const;
    return this.objects.add({ ...object, isReadable: true, isWritable: true });
  }

  /** What lies at an address that the context or an object of the kernel holds. */
  loaded(address: number, regType: number, struct: string, owner?: MemoryObject): MemoryObject {
    const base = baseType(regType);
    if (PACKET_POINTERS.includes(base)) return this.#currentPacket();
    if (base === PTR_TO_FLOW_KEYS) {
      return this.memory(address, FLOW_KEYS_BYTES, "the keys of the flow");
    }
    const shared = { base: address, isReadable: true, isWritable: false, owner } as const;
    if (typeIsSkPointer(base)) {
      const size = SOCKET_BYTES;
      return this.objects.add({ ...shared, kind: "socket", name: "a socket", size, regType: base });
    }
    const type = btfVmlinux().findByNameKind(struct, BTF_KIND_STRUCT);
    const size = type !== undefined && isStruct(type) ? type.size : 0;
    return this.objects.add({
      ...{ ...shared, kind: "kernel object", name: `a struct ${struct} of the kernel` },
      ...{ size, struct },
    });
  }

  /** A helper has moved the packet: nobody knows where pointers into it lead now. */
  movePacket(): void {
    if (this.#packet !== undefined) this.objects.drop(this.#packet);
    this.#packet = undefined;
  }

  #currentPacket(): MemoryObject {
    if (this.#packet !== undefined) return this.#packet;
    const { memory } = this.#kernel;
    const isXdp = this.#progType === BPF_PROG_TYPE_XDP;
    const { base } = this.#context!;
    const [meta, end] = isXdp
      ? [ctx.XDP_DATA_META, ctx.XDP_DATA_END]
      : [ctx.SKB_DATA_META, ctx.SKB_DATA_END];
    const data = memory.view.getInt32(base + (isXdp ? ctx.XDP_DATA : ctx.SKB_DATA), true);
    const front = memory.view.getInt32(base + meta, true);
    const first = front > 0 && front < data ? front : data;
    this.#packet = this.objects.add({
      ...{ kind: "packet", name: "the packet", base: first },
      size: memory.view.getInt32(base + end, true) - first,
      isReadable: true,
      isWritable: mayAccessPacket({ progType: this.#progType }, BPF_WRITE, undefined),
    });
    return this.#packet;
  }

  #add(
    kind: MemoryObject["kind"],
    name: string,
    base: number,
    size: number,
    isWritable: boolean,
  ): MemoryObject {
    return this.objects.add({ kind, name, base, size, isReadable: true, isWritable });
  }
}

/** As much as any kind of socket shows. */
const SOCKET_BYTES = 112;

function nameOf({ attr, id }: KernelMap): string {
  return attr.name === "" ? `with the number ${id}` : `"${attr.name}"`;
}
