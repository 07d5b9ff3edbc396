/** Sets of CPUs. @linux kernel/bpf/cpumask.c (6.18) */
import { EACCES } from "../../include/errno.ts";
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";
import type { BpfMemory } from "../memory.ts";

type Vm = BpfCpu<BpfKernel>;

/** `struct cpumask` of a kernel for 256 CPUs. */
const CPUMASK_BYTES = 32;
/** `struct bpf_cpumask`: with a counter of references. */
const BPF_CPUMASK_BYTES = 40;
const USAGE = CPUMASK_BYTES;

export function cpumaskCreate({ memory }: Vm): number {
  const mask = memory.alloc(BPF_CPUMASK_BYTES);
  if (mask !== 0) memory.view.setInt32(mask + USAGE, 1, true);
  return mask;
}

export function cpumaskAcquire({ r, memory: { view } }: Vm): number {
  view.setInt32(r[2]! + USAGE, view.getInt32(r[2]! + USAGE, true) + 1, true);
  return r[2]!;
}

export function cpumaskRelease({ r, memory }: Vm): number {
  putCpumask(memory, r[2]!);
  return 0;
}

/** One reference less. */
export function putCpumask(memory: BpfMemory, mask: number): void {
  const left = memory.view.getInt32(mask + USAGE, true) - 1;
  memory.view.setInt32(mask + USAGE, left, true);
  if (left === 0) memory.free(mask, BPF_CPUMASK_BYTES);
}

function has({ memory, r }: Vm, regno: number, cpu: number): boolean {
  return ((memory.bytes[r[regno * 2]! + (cpu >> 3)]! >> (cpu & 7)) & 1) !== 0;
}

function put({ memory, r }: Vm, regno: number, cpu: number, isIn: boolean): void {
  const at = r[regno * 2]! + (cpu >> 3);
  const bit = 1 << (cpu & 7);
  memory.bytes[at] = isIn ? memory.bytes[at]! | bit : memory.bytes[at]! & ~bit;
}

/** The first CPU for which `test` holds, or their number. */
function firstCpu(vm: Vm, test: (cpu: number) => boolean): number {
  const { cpus } = vm.machine;
  for (let cpu = 0; cpu < cpus; cpu++) if (test(cpu)) return cpu;
  return cpus;
}

/** Another CPU at each call, in turn. @linux lib/cpumask.c `cpumask_any_and_distribute` (6.18) */
function anyInTurn(vm: Vm, test: (cpu: number) => boolean): number {
  const { cpus, lastCpuInTurn } = vm.machine;
  const before = lastCpuInTurn.get(vm.cpu) ?? 0;
  for (let i = 1; i <= cpus; i++) {
    const cpu = (before + i) % cpus;
    if (!test(cpu)) continue;
    lastCpuInTurn.set(vm.cpu, cpu);
    return cpu;
  }
  return cpus;
}

export function cpumaskAnyDistribute(vm: Vm): number {
  return anyInTurn(vm, (cpu) => has(vm, 1, cpu));
}

export function cpumaskAnyAndDistribute(vm: Vm): number {
  return anyInTurn(vm, (cpu) => has(vm, 1, cpu) && has(vm, 2, cpu));
}

function isEvery(vm: Vm, test: (cpu: number) => boolean): number {
  return firstCpu(vm, (cpu) => !test(cpu)) === vm.machine.cpus ? 1 : 0;
}

export function cpumaskFirst(vm: Vm): number {
  return firstCpu(vm, (cpu) => has(vm, 1, cpu));
}

export function cpumaskFirstZero(vm: Vm): number {
  return firstCpu(vm, (cpu) => !has(vm, 1, cpu));
}

export function cpumaskFirstAnd(vm: Vm): number {
  return firstCpu(vm, (cpu) => has(vm, 1, cpu) && has(vm, 2, cpu));
}

/** Answers what was there before, or undefined for a CPU that there is not. */
function change(vm: Vm, isIn: boolean): boolean {
  const cpu = vm.r[2]! >>> 0;
  if (cpu >= vm.machine.cpus) return false;
  const before = has(vm, 2, cpu);
  put(vm, 2, cpu, isIn);
  return before;
}

export function cpumaskSetCpu(vm: Vm): number {
  change(vm, true);
  return 0;
}

export function cpumaskClearCpu(vm: Vm): number {
  change(vm, false);
  return 0;
}

export function cpumaskTestAndSetCpu(vm: Vm): number {
  return change(vm, true) ? 1 : 0;
}

export function cpumaskTestAndClearCpu(vm: Vm): number {
  return change(vm, false) ? 1 : 0;
}

export function cpumaskTestCpu(vm: Vm): number {
  const cpu = vm.r[2]! >>> 0;
  return cpu < vm.machine.cpus && has(vm, 2, cpu) ? 1 : 0;
}

function setAll(vm: Vm, test: (cpu: number) => boolean): void {
  for (let cpu = 0; cpu < vm.machine.cpus; cpu++) put(vm, 1, cpu, test(cpu));
}

export function cpumaskSetall(vm: Vm): number {
  setAll(vm, () => true);
  return 0;
}

export function cpumaskClear(vm: Vm): number {
  setAll(vm, () => false);
  return 0;
}

/** Answers whether anything is left. */
export function cpumaskAnd(vm: Vm): number {
  setAll(vm, (cpu) => has(vm, 2, cpu) && has(vm, 3, cpu));
  return cpumaskEmpty(vm) === 1 ? 0 : 1;
}

export function cpumaskOr(vm: Vm): number {
  setAll(vm, (cpu) => has(vm, 2, cpu) || has(vm, 3, cpu));
  return 0;
}

export function cpumaskXor(vm: Vm): number {
  setAll(vm, (cpu) => has(vm, 2, cpu) !== has(vm, 3, cpu));
  return 0;
}

export function cpumaskCopy(vm: Vm): number {
  setAll(vm, (cpu) => has(vm, 2, cpu));
  return 0;
}

export function cpumaskEqual(vm: Vm): number {
  return isEvery(vm, (cpu) => has(vm, 1, cpu) === has(vm, 2, cpu));
}

export function cpumaskIntersects(vm: Vm): number {
  return cpumaskFirstAnd(vm) < vm.machine.cpus ? 1 : 0;
}

export function cpumaskSubset(vm: Vm): number {
  return isEvery(vm, (cpu) => !has(vm, 1, cpu) || has(vm, 2, cpu));
}

export function cpumaskEmpty(vm: Vm): number {
  return isEvery(vm, (cpu) => !has(vm, 1, cpu));
}

export function cpumaskFull(vm: Vm): number {
  return isEvery(vm, (cpu) => has(vm, 1, cpu));
}

export function cpumaskWeight(vm: Vm): number {
  let weight = 0;
  for (let cpu = 0; cpu < vm.machine.cpus; cpu++) if (has(vm, 1, cpu)) weight++;
  return weight;
}

/** @linux kernel/bpf/cpumask.c `bpf_cpumask_populate` (6.18) */
export function cpumaskPopulate({ r, memory, machine }: Vm): number {
  const [mask, from, size] = [r[2]!, r[4]!, r[6]! >>> 0];
  const wordBytes = Math.ceil(machine.cpus / 64) * 8;
  if (size < wordBytes) return -EACCES;
  memory.bytes.copyWithin(mask, from, from + wordBytes);
  return 0;
}
