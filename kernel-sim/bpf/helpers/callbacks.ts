/** Helpers that call functions of the program. */
import { E2BIG, EINVAL } from "../../include/errno.ts";
import { BPF_MAX_LOOPS, type BpfCpu, type Callbacks } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { ElementWalk, KernelMap } from "../maps/map.ts";

type Vm = BpfCpu<BpfKernel>;

/** @linux kernel/bpf/bpf_iter.c `bpf_loop` (6.18) */
export function loop(vm: Vm): Callbacks<BpfKernel> | number {
  const { r } = vm;
  if (r[8] !== 0 || r[9] !== 0) return -EINVAL;
  const count = r[2]! >>> 0;
  return count > BPF_MAX_LOOPS ? -E2BIG : begun(vm, new Rounds(vm, count));
}

/**
 * The same, where the verifier has put its body in the place of the call: the number of rounds has
 * 64 bits, the error 32.
 *
 * @linux kernel/bpf/verifier.c `inline_bpf_loop` (6.18)
 */
export function inlinedLoop(vm: Vm): Callbacks<BpfKernel> | number {
  const { r } = vm;
  const count = r[2]! >>> 0;
  if (r[3] !== 0 || count > BPF_MAX_LOOPS) return -E2BIG >>> 0;
  return begun(vm, new Rounds(vm, count));
}

function begun(vm: Vm, rounds: Rounds): Rounds | number {
  return rounds.start(vm) ? rounds : 0;
}

class Rounds implements Callbacks<BpfKernel> {
  readonly entry: number;
  result = 0;
  readonly #count: number;
  readonly #contextLow: number;
  readonly #contextHigh: number;

  constructor(vm: Vm, count: number) {
    const { r } = vm;
    this.entry = vm.machine.functionAt(r[4]!);
    this.#count = count;
    this.#contextLow = r[6]!;
    this.#contextHigh = r[7]!;
  }

  start({ r }: Vm): boolean {
    if (this.result >= this.#count) return false;
    r[2] = this.result;
    r[3] = 0;
    r[4] = this.#contextLow;
    r[5] = this.#contextHigh;
    return true;
  }

  next(vm: Vm): boolean {
    this.result++;
    return isGoingOn(vm) && this.start(vm);
  }
}

function isGoingOn({ r }: Vm): boolean {
  return r[0] === 0 && r[1] === 0;
}

/** @linux kernel/bpf/bpf_iter.c `bpf_for_each_map_elem` (6.18) */
export function forEachMapElem(vm: Vm, cell: number): Callbacks<BpfKernel> | number {
  const { r } = vm;
  const map = vm.machine.mapAt(r[2]!);
  if (r[8] !== 0 || r[9] !== 0) return -EINVAL;
  const walk = map.walk(cell, vm.cpu);
  if (walk === undefined) return -EINVAL;
  const elements = new Elements(vm, map, walk);
  return elements.start(vm) ? elements : 0;
}

class Elements implements Callbacks<BpfKernel> {
  readonly entry: number;
  result = 0;
  readonly #map: KernelMap;
  readonly #walk: ElementWalk;
  readonly #contextLow: number;
  readonly #contextHigh: number;

  constructor(vm: Vm, map: KernelMap, walk: ElementWalk) {
    const { r } = vm;
    this.entry = vm.machine.functionAt(r[4]!);
    this.#map = map;
    this.#walk = walk;
    this.#contextLow = r[6]!;
    this.#contextHigh = r[7]!;
  }

  start({ r }: Vm): boolean {
    if (!this.#walk.next()) return false;
    this.result++;
    r[2] = this.#map.address;
    r[3] = 0;
    r[4] = this.#walk.key;
    r[5] = 0;
    r[6] = this.#walk.value;
    r[7] = 0;
    r[8] = this.#contextLow;
    r[9] = this.#contextHigh;
    return true;
  }

  next(vm: Vm): boolean {
    return isGoingOn(vm) && this.start(vm);
  }
}
