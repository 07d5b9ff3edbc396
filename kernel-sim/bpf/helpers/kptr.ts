/** Pointers to objects in values of maps, and objects of which each CPU has one. @linux kernel/bpf/helpers.c (6.18) */
import type { BpfCpu } from "../interpreter.ts";
import type { BpfKernel } from "../kernel.ts";

type Vm = BpfCpu<BpfKernel>;

const UPPER = 0x1_0000_0000;

/** Answers what was there. @linux kernel/bpf/helpers.c `bpf_kptr_xchg` (6.18) */
export function kptrXchg({ r, memory: { view } }: Vm): number {
  const place = r[2]!;
  const old = view.getInt32(place, true);
  const oldUpper = view.getInt32(place + 4, true);
  view.setInt32(place, r[4]!, true);
  view.setInt32(place + 4, r[5]!, true);
  return oldUpper * UPPER + (old >>> 0);
}

/** @linux kernel/bpf/helpers.c `bpf_per_cpu_ptr` (6.18) */
export function perCpuPtr(vm: Vm): number {
  const cpu = vm.r[4]! >>> 0;
  return cpu < vm.machine.cpus ? objectOfCpu(vm, cpu) : 0;
}

/** @linux kernel/bpf/helpers.c `bpf_this_cpu_ptr` (6.18) */
export function thisCpuPtr(vm: Vm): number {
  return objectOfCpu(vm, vm.cpu);
}

function objectOfCpu({ r, machine }: Vm, cpu: number): number {
  const object = r[2]!;
  return object + (machine.programObjects.sizeOf(object) / machine.cpus) * cpu;
}
