import { E2BIG, EBADF, EINVAL, ENOENT, ENOTSUPP, EOPNOTSUPP } from "../../include/errno.ts";
import type { PerfTarget } from "../perf-target.ts";
import { LoadedProgram } from "../program.ts";
import { arrayMapAllocCheck, arrayMembers, nextIndex } from "./arraymap.ts";
import { BPF_ANY, BPF_F_PRESERVE_ELEMS, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG } from "./flags.ts";
import { KernelMap, type MapCreateAttr, type MapMembers } from "./map.ts";
import type { MapHost } from "./map-host.ts";
import { ProgMapOwner } from "./prog-map-owner.ts";

/** @linux kernel/bpf/arraymap.c `fd_array_map_alloc_check` (6.18) */
export function fdArrayMapAllocCheck(attr: MapCreateAttr): number {
  if (attr.valueSize !== 4) return -EINVAL;
  if ((attr.mapFlags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !== 0) return -EINVAL;
  return arrayMapAllocCheck(attr);
}

/**
 * An array of objects of the kernel: a descriptor of one is put in, and its number comes out.
 *
 * @linux kernel/bpf/arraymap.c `bpf_fd_array_map_update_elem` (6.18)
 */
export abstract class FdArrayMap<Held extends object> extends KernelMap {
  protected readonly host: MapHost;
  readonly #held = new Map<number, Held>();

  constructor(attr: MapCreateAttr, host: MapHost) {
    super(attr, host.memory, host.cpus);
    this.host = host;
  }

  /** What stands behind the descriptor, or a negative errno. */
  protected abstract objectOf(fd: number): Held | number;
  /** What a lookup answers of it, or a negative errno. */
  protected abstract numberOf(held: Held): number;

  override get ownMembers(): MapMembers {
    return arrayMembers(this.attr);
  }

  heldAt(index: number): Held | undefined {
    return this.#held.get(index);
  }

  get held(): Iterable<Held> {
    return this.#held.values();
  }

  #indexAt(key: number): number {
    return this.memory.view.getUint32(key, true);
  }

  override updateAll(key: number, value: number, flags: number): number {
    if (flags !== BPF_ANY) return -EINVAL;
    const index = this.#indexAt(key);
    if (index >= this.attr.maxEntries) return -E2BIG;
    const held = this.objectOf(this.memory.view.getInt32(value, true));
    if (typeof held === "number") return held;
    this.keep(held);
    this.#takeOut(index);
    this.#held.set(index, held);
    return 0;
  }

  #takeOut(index: number): boolean {
    const held = this.#held.get(index);
    if (held === undefined) return false;
    this.#held.delete(index);
    this.drop(held);
    return true;
  }

  /** One more holds it. */
  protected abstract keep(held: Held): void;
  protected abstract drop(held: Held): void;

  override delete(key: number): number {
    const index = this.#indexAt(key);
    if (index >= this.attr.maxEntries) return -E2BIG;
    return this.#takeOut(index) ? 0 : -ENOENT;
  }

  override copyValue(key: number, to: number): number {
    const held = this.#held.get(this.#indexAt(key));
    if (held === undefined) return -ENOENT;
    const number = this.numberOf(held);
    if (number >= 0) this.memory.view.setUint32(to, number, true);
    return Math.min(number, 0);
  }

  override nextKey(key: number, next: number): number {
    return nextIndex(this, key, next);
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  override update(_key: number, _value: number, _flags: number, _cpu: number): number {
    return -EINVAL;
  }

  override free(): void {
    for (const index of [...this.#held.keys()]) this.#takeOut(index);
  }
}

/** An array of objects of bpf(2), which it refers to as descriptors do. */
export abstract class ObjectArrayMap<
  Held extends KernelMap | LoadedProgram,
> extends FdArrayMap<Held> {
  protected override keep(held: Held): void {
    this.host.ref(held);
  }

  protected override drop(held: Held): void {
    this.host.unref(held);
  }
}

/** Programs that others go on with. @linux kernel/bpf/arraymap.c `prog_array_map_ops` (6.18) */
export class ProgArrayMap extends ObjectArrayMap<LoadedProgram> {
  override readonly progOwner = new ProgMapOwner(true);

  protected override objectOf(fd: number): LoadedProgram | number {
    const object = this.host.objectOf(fd);
    if (!(object instanceof LoadedProgram)) return this.host.hasFile(fd) ? -EINVAL : -EBADF;
    return this.progOwner.isCompatible(object) ? object : -EINVAL;
  }

  protected override numberOf({ id }: LoadedProgram): number {
    return id;
  }

  /** Programs in it may use it themselves, and would hold each other for ever. @linux kernel/bpf/arraymap.c `prog_array_map_clear` (6.18) */
  override releaseUsers(): void {
    this.free();
  }

  /** What may run would hang on who put it in. */
  override meta(): undefined {
    return undefined;
  }
}

/**
 * Events that programs ask for what they have counted.
 *
 * @linux kernel/bpf/arraymap.c `perf_event_array_map_ops` (6.18)
 * @simplified what was put in stays until the map's last descriptor is closed, also when the one by which it came goes
 */
export class PerfEventArrayMap extends FdArrayMap<PerfTarget> {
  protected override objectOf(fd: number): PerfTarget | number {
    const event = this.host.perfEventOf(fd);
    if (event === undefined) return -EBADF;
    return event.readLocal(undefined, 0) === -EOPNOTSUPP ? -EOPNOTSUPP : event;
  }

  protected override numberOf(): number {
    return -ENOTSUPP;
  }

  protected override keep(event: PerfTarget): void {
    event.hold();
  }

  protected override drop(event: PerfTarget): void {
    event.release();
  }

  override copyValue(_key: number, _to: number): number {
    return -ENOTSUPP;
  }

  override releaseUsers(): void {
    if ((this.attr.mapFlags & BPF_F_PRESERVE_ELEMS) === 0) this.free();
  }
}

/**
 * Cgroups. The machine has none, so no descriptor is one of them.
 *
 * @linux kernel/bpf/arraymap.c `cgroup_array_map_ops` (6.18)
 */
export class EmptyFdArrayMap extends ObjectArrayMap<never> {
  protected override objectOf(_fd: number): number {
    return -EBADF;
  }

  protected override numberOf(_held: never): number {
    return -ENOTSUPP;
  }

  override copyValue(_key: number, _to: number): number {
    return -ENOTSUPP;
  }
}
