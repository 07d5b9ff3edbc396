import { EBADF, EINVAL, ENOMEM, ENOTSUPP } from "../../include/errno.ts";
import { ARRAY_BATCH_COMMANDS } from "./arraymap.ts";
import { ObjectArrayMap } from "./fd-array.ts";
import { HashMap } from "./hashtab.ts";
import { type InnerMapMeta, KernelMap, type MapCreateAttr } from "./map.ts";
import { hasRoomForPointers } from "./map-area.ts";
import type { MapHost } from "./map-host.ts";

/** Of which kind the maps inside are, or a negative errno. @linux kernel/bpf/map_in_map.c `bpf_map_meta_alloc` (6.18) */
function innerMapMetaOf({ innerMapFd = 0 }: MapCreateAttr, host: MapHost): InnerMapMeta | number {
  const template = mapOfFd(host, innerMapFd);
  if (typeof template === "number") return template;
  // One level is all there is.
  if (template.innerMapMeta !== undefined) return -EINVAL;
  return template.meta() ?? -ENOTSUPP;
}

function mapOfFd(host: MapHost, fd: number): KernelMap | number {
  const object = host.objectOf(fd);
  if (object instanceof KernelMap) return object;
  return host.hasFile(fd) ? -EINVAL : -EBADF;
}

/** @linux kernel/bpf/map_in_map.c `bpf_map_fd_get_ptr` (6.18) */
function innerMapOfFd(host: MapHost, meta: InnerMapMeta, fd: number): KernelMap | number {
  const map = mapOfFd(host, fd);
  if (typeof map === "number") return map;
  return meta.isEqual(map) ? map : -EINVAL;
}

/** An array whose values are maps. @linux kernel/bpf/arraymap.c `array_of_maps_map_ops` (6.18) */
export class ArrayOfMapsMap extends ObjectArrayMap<KernelMap> {
  override readonly batchCommands = ARRAY_BATCH_COMMANDS;
  static create(attr: MapCreateAttr, host: MapHost): ArrayOfMapsMap | number {
    const meta = innerMapMetaOf(attr, host);
    if (typeof meta === "number") return meta;
    return hasRoomForPointers(attr.maxEntries) ? new ArrayOfMapsMap(attr, host, meta) : -ENOMEM;
  }

  override readonly innerMapMeta: InnerMapMeta;

  private constructor(attr: MapCreateAttr, host: MapHost, meta: InnerMapMeta) {
    super(attr, host);
    this.innerMapMeta = meta;
  }

  protected override objectOf(fd: number): KernelMap | number {
    return innerMapOfFd(this.host, this.innerMapMeta, fd);
  }

  protected override numberOf({ id }: KernelMap): number {
    return id;
  }

  /** A program gets the map itself. @linux kernel/bpf/arraymap.c `array_of_map_lookup_elem` (6.18) */
  override lookup(key: number, _cpu: number): number {
    return this.heldAt(this.memory.view.getUint32(key, true))?.address ?? 0;
  }

  override meta(): undefined {
    return undefined;
  }
}

/** A hash whose values are maps: addresses of them. @linux kernel/bpf/hashtab.c `htab_of_maps_map_ops` (6.18) */
export class HashOfMapsMap extends HashMap {
  /** What a program gets does not stand in the element. */
  override lookupShape(): undefined {
    return undefined;
  }

  static createOfMaps(attr: MapCreateAttr, host: MapHost): HashOfMapsMap | number {
    const meta = innerMapMetaOf(attr, host);
    if (typeof meta === "number") return meta;
    const map = new HashOfMapsMap(attr, host, meta).allocated();
    if (typeof map === "number" || map.#room !== 0) return map;
    map.free();
    return -ENOMEM;
  }

  override readonly innerMapMeta: InnerMapMeta;
  readonly #host: MapHost;
  /** For the value of one update. */
  readonly #room: number;

  private constructor(attr: MapCreateAttr, host: MapHost, meta: InnerMapMeta) {
    super(attr, host.memory, host.cpus, host.random.nextInt32());
    this.innerMapMeta = meta;
    this.#host = host;
    this.#room = host.memory.alloc(attr.valueSize);
  }

  /** A program gets the map itself. @linux kernel/bpf/hashtab.c `htab_of_map_lookup_elem` (6.18) */
  override lookup(key: number, cpu: number): number {
    const value = super.lookup(key, cpu);
    return value === 0 ? 0 : this.memory.view.getInt32(value, true);
  }

  /** @linux kernel/bpf/hashtab.c `bpf_fd_htab_map_lookup_elem` (6.18) */
  override copyElement(element: number, to: number): void {
    super.copyElement(element, to);
    const { view } = this.memory;
    view.setInt32(to, this.#host.mapAt(view.getInt32(to, true)).id, true);
  }

  /** @linux kernel/bpf/hashtab.c `bpf_fd_htab_map_update_elem` (6.18) */
  override updateAll(key: number, value: number, flags: number): number {
    const fd = this.memory.view.getInt32(value, true);
    const inner = innerMapOfFd(this.#host, this.innerMapMeta, fd);
    if (typeof inner === "number") return inner;
    const before = this.lookup(key, 0);
    this.memory.view.setInt32(this.#room, inner.address, true);
    const answer = super.updateAll(key, this.#room, flags);
    if (answer !== 0) return answer;
    this.#host.ref(inner);
    if (before !== 0) this.#host.unref(this.#host.mapAt(before));
    return 0;
  }

  protected override freeValue(value: number): void {
    this.#host.unref(this.#host.mapAt(this.memory.view.getInt32(value, true)));
  }

  override free(): void {
    super.free();
    if (this.#room !== 0) this.memory.free(this.#room, this.attr.valueSize);
  }

  override lookupAndDelete(_key: number, _to: number, _flags: number): number {
    return -ENOTSUPP;
  }

  override meta(): undefined {
    return undefined;
  }
}
