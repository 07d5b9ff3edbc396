/** IN and OUT: who may, and what they reach. */
import type { Cpu } from "./cpu.ts";
import { F_EFLAGS } from "./flags.ts";
import { X86_EFLAGS_IOPL, X86_TRAP_GP } from "./registers.ts";

/** Where a TSS says at which offset its map of ports begins. */
const TSS_IO_MAP_BASE = 102;

/** Faults with #GP(0) unless IOPL or the map in the TSS allows the ports. */
export function checkPort(cpu: Cpu, port: number, bytes: number): void {
  const iopl = (cpu.f[F_EFLAGS]! & X86_EFLAGS_IOPL) >> 12;
  if (cpu.cpl <= iopl) return;
  const { base, limit } = cpu.tr;
  if (limit < TSS_IO_MAP_BASE + 1) cpu.exception.fault(X86_TRAP_GP, 0);
  const map = cpu.memory.readSystem32((base + TSS_IO_MAP_BASE) | 0) & 0xffff;
  // Two bytes are read, so that a port of several bytes may cross into the next.
  const at = map + (port >> 3);
  if (at + 1 > limit) cpu.exception.fault(X86_TRAP_GP, 0);
  const bits = cpu.memory.readSystem32((base + at) | 0) & 0xffff;
  if (((bits >> (port & 7)) & ((1 << bytes) - 1)) !== 0) cpu.exception.fault(X86_TRAP_GP, 0);
}

export function readPort(cpu: Cpu, port: number, bytes: number): number {
  const value = cpu.ports.read(port, bytes) | 0;
  // A device may have written to memory.
  cpu.memory.revalidate();
  return value;
}

export function writePort(cpu: Cpu, port: number, value: number, bytes: number): void {
  const unsigned = bytes === 4 ? value >>> 0 : value & (bytes === 2 ? 0xffff : 0xff);
  cpu.ports.write(port, unsigned, bytes);
  cpu.memory.revalidate();
}
