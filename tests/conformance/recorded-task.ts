import { PtRegs } from "../../kernel-sim/arch/x86/pt-regs.ts";
import type { CurrentTask, UserMemory } from "../../kernel-sim/bpf/current-task.ts";
import { EINVAL } from "../../kernel-sim/include/errno.ts";
import type { TaskMemory } from "./bpf-record.ts";

const SIGNALS = 64;
const SYS_BPF = 321;
const VM_READ_WRITE = 0x73;

/** The task that asked Linux, as far as programs of a record look at it: inside of bpf(2), with some memory. */
export function recordedTask(memory: readonly TaskMemory[]): CurrentTask {
  const userRegs = new PtRegs();
  userRegs.ip = 0x40_1000;
  userRegs.origAx = SYS_BPF;
  return {
    pid: 1000,
    tgid: 1000,
    uid: 0,
    gid: 0,
    comm: "python3",
    mm: memoryOf(memory),
    userRegs,
    syscall: SYS_BPF,
    sendSignal: (signo) => (signo > SIGNALS ? -EINVAL : 0),
  };
}

function memoryOf(memory: readonly TaskMemory[]): UserMemory {
  const areas = memory.map(({ address, bytes: size, at, value }) => {
    const bytes = new Uint8Array(size);
    bytes.set(Buffer.from(value, "hex"), at);
    const start = Number(address);
    return { start, end: start + bytes.length, flags: VM_READ_WRITE, pgoff: start / 4096, bytes };
  });
  const copy = (addr: number, size: number, take: (from: Uint8Array) => void) => {
    const area = areas.find(({ start, end }) => start <= addr && addr < end);
    if (area === undefined) return 0;
    const part = area.bytes.subarray(addr - area.start, addr - area.start + size);
    take(part);
    return part.length;
  };
  return {
    vmas: areas,
    copyFromUser: (addr, bytes) => copy(addr, bytes.length, (from) => bytes.set(from)),
    copyToUser: (addr, bytes) =>
      copy(addr, bytes.length, (to) => to.set(bytes.subarray(0, to.length))),
  };
}
