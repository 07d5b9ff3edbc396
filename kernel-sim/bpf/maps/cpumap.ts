import { E2BIG, EEXIST, EINVAL, ENODEV, ENOMEM, EOVERFLOW } from "../../include/errno.ts";
import { BPF_XDP_CPUMAP } from "../uapi.ts";
import { nextIndex } from "./arraymap.ts";
import type { RedirectMap } from "./devmap.ts";
import { BPF_EXIST, BPF_F_NUMA_NODE, BPF_NOEXIST } from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";
import type { ProgMapOwner } from "./prog-map-owner.ts";
import { XdpProgSlot } from "./xdp-prog-slot.ts";

/** CONFIG_NR_CPUS */
const NR_CPUS = 256;
const QUEUE_SIZE_MAX = 16_384;
/** `struct bpf_cpumap_val`: the length of a queue, and a program that its packets run through. */
const VALUE_BYTES = 8;

/**
 * CPUs that XDP programs send packets to, with the length of the queue in which they wait there.
 *
 * @linux kernel/bpf/cpumap.c (6.18)
 */
export class CpuMap extends KernelMap implements RedirectMap {
  /** @linux kernel/bpf/cpumap.c `cpu_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): CpuMap | number {
    const { keySize, valueSize, maxEntries, mapFlags } = attr;
    if (maxEntries === 0 || keySize !== 4) return -EINVAL;
    if (valueSize !== 4 && valueSize !== VALUE_BYTES) return -EINVAL;
    if ((mapFlags & ~BPF_F_NUMA_NODE) !== 0) return -EINVAL;
    return maxEntries > NR_CPUS ? -E2BIG : new CpuMap(attr, host);
  }

  override readonly progOwner: ProgMapOwner;
  readonly #programs: XdpProgSlot;
  readonly #values = new Map<number, number>();

  private constructor(attr: MapCreateAttr, host: MapHost) {
    super(attr, host.memory, host.cpus);
    this.#programs = new XdpProgSlot(host, BPF_XDP_CPUMAP);
    this.progOwner = this.#programs.owner;
  }

  #cpuAt(key: number): number {
    return this.memory.view.getUint32(key, true);
  }

  redirectTarget(cpu: number): number {
    return this.#values.get(cpu) ?? 0;
  }

  override lookup(key: number, _cpu: number): number {
    return this.redirectTarget(this.#cpuAt(key));
  }

  /** @linux kernel/bpf/cpumap.c `cpu_map_update_elem` (6.18) */
  override update(key: number, given: number, flags: number, _cpu: number): number {
    const cpu = this.#cpuAt(key);
    const queueSize = this.memory.view.getUint32(given, true);
    if (flags >>> 0 > BPF_EXIST) return -EINVAL;
    if (cpu >= this.attr.maxEntries) return -E2BIG;
    if (flags === BPF_NOEXIST) return -EEXIST;
    if (queueSize > QUEUE_SIZE_MAX) return -EOVERFLOW;
    if (cpu >= this.cpus) return -ENODEV;
    // Without a queue there is no entry.
    return queueSize === 0 ? this.#put(cpu, 0) : this.#makeEntry(cpu, queueSize, given);
  }

  /** @linux kernel/bpf/cpumap.c `__cpu_map_entry_alloc` (6.18) */
  #makeEntry(cpu: number, queueSize: number, given: number): number {
    const hasProgram = this.attr.valueSize === VALUE_BYTES;
    const fd = hasProgram ? this.memory.view.getInt32(given + 4, true) : 0;
    const program = fd > 0 ? this.#programs.numberOf(fd) : 0;
    const value = program < 0 ? 0 : this.memory.alloc(VALUE_BYTES);
    if (value === 0) return -ENOMEM;
    this.memory.view.setInt32(value, queueSize, true);
    this.memory.view.setInt32(value + 4, program, true);
    return this.#put(cpu, value);
  }

  #put(cpu: number, value: number): 0 {
    const old = this.#values.get(cpu);
    if (old !== undefined) this.memory.free(old, VALUE_BYTES);
    if (value === 0) this.#values.delete(cpu);
    else this.#values.set(cpu, value);
    return 0;
  }

  /** What is not there is deleted, too. */
  override delete(key: number): number {
    const cpu = this.#cpuAt(key);
    return cpu >= this.attr.maxEntries ? -EINVAL : this.#put(cpu, 0);
  }

  override nextKey(key: number, next: number): number {
    return nextIndex(this, key, next);
  }

  override free(): void {
    for (const value of this.#values.values()) this.memory.free(value, VALUE_BYTES);
    this.#values.clear();
  }
}
