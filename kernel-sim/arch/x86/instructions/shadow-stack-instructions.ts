/**
 * RDSSP, INCSSP, RSTORSSP and SAVEPREVSSP: what longjmp() and a switch of stacks need.
 *
 * @spec Intel SDM vol. 2; vol. 1, 17.2
 */
import { FLAG_REPE, S_FLAGS, S_REG, S_RM } from "../code-cache.ts";
import type { Cpu } from "../cpu.ts";
import { F_EFLAGS, materialize } from "../flags.ts";
import {
  CP_RSTORSSP,
  STATUS_FLAGS,
  X86_EFLAGS_CF,
  X86_TRAP_CP,
  X86_TRAP_GP,
} from "../registers.ts";
import {
  addressOf,
  type Instruction,
  type InstructionRows,
  isMemory,
  NEXT,
  undefinedOpcode,
} from "./operand.ts";

/** Of a token: it names the stack that was left, not the one it lies on. */
const TOKEN_PREVIOUS = 2;
const HAS_HOLE = 4;

function isOn(cpu: Cpu): boolean {
  return cpu.shadowStack.isOn(cpu.cpl === 3);
}

/** F3 0F 1E /1: without a shadow stack it does nothing, as does every other hint here. */
const rdssp: Instruction = (cpu, c, p) => {
  const isRdssp = (c[p + S_FLAGS]! & FLAG_REPE) !== 0 && c[p + S_REG] === 1 && !isMemory(c, p);
  if (isRdssp && isOn(cpu)) cpu.r[c[p + S_RM]!] = cpu.shadowStack.ssp;
  return NEXT;
};

/** 0F AE: fences, and with F3 INCSSP. There is no SSE state to save. */
const group15: Instruction = (cpu, c, p) => {
  if (isMemory(c, p)) {
    // CLFLUSH is a hint to a cache that is not there.
    return c[p + S_REG] === 7 ? NEXT : undefinedOpcode(cpu);
  }
  const reg = c[p + S_REG]!;
  if ((c[p + S_FLAGS]! & FLAG_REPE) === 0) return reg >= 5 ? NEXT : undefinedOpcode(cpu);
  if (reg !== 5 || !isOn(cpu)) return undefinedOpcode(cpu);
  const count = cpu.r[c[p + S_RM]!]! & 0xff;
  const { shadowStack } = cpu;
  if (count === 0) return NEXT;
  // The first and the last word are read, so that no guard page is jumped over.
  cpu.memory.readShadow(shadowStack.ssp, true);
  cpu.memory.readShadow((shadowStack.ssp + (count - 1) * 4) | 0, true);
  shadowStack.ssp = (shadowStack.ssp + count * 4) | 0;
  return NEXT;
};

/** F3 0F 01 /5: makes another shadow stack, which ends in a token, the current one. */
export function restoreShadowStack(cpu: Cpu, c: Int32Array, p: number): number {
  if ((c[p + S_FLAGS]! & FLAG_REPE) === 0 || !isOn(cpu)) return undefinedOpcode(cpu);
  const address = addressOf(cpu, c, p);
  if ((address & 7) !== 0) return cpu.exception.fault(X86_TRAP_GP, 0);
  const token = cpu.memory.readShadow(address, true);
  const high = cpu.memory.readShadow((address + 4) | 0, true);
  const named = ((token & ~1) - 8) & ~7;
  if ((token & 3) !== 0 || high !== 0 || named !== address) {
    return cpu.exception.fault(X86_TRAP_CP, CP_RSTORSSP);
  }
  const { shadowStack } = cpu;
  cpu.memory.writeShadow(address, shadowStack.ssp | TOKEN_PREVIOUS, true);
  cpu.memory.writeShadow((address + 4) | 0, 0, true);
  shadowStack.ssp = address;
  const others = materialize(cpu.f) & ~STATUS_FLAGS;
  cpu.f[F_EFLAGS] = others | ((token & HAS_HOLE) !== 0 ? X86_EFLAGS_CF : 0);
  return NEXT;
}

/** F3 0F 01 EA: leaves a token on the shadow stack that RSTORSSP has left. */
export function savePreviousShadowStack(cpu: Cpu, c: Int32Array, p: number): number {
  if ((c[p + S_FLAGS]! & FLAG_REPE) === 0 || !isOn(cpu)) return undefinedOpcode(cpu);
  const { shadowStack } = cpu;
  const { ssp } = shadowStack;
  if ((ssp & 7) !== 0) return cpu.exception.fault(X86_TRAP_GP, 0);
  const hasHole = (materialize(cpu.f) & X86_EFLAGS_CF) !== 0;
  const token = cpu.memory.readShadow(ssp, true);
  const high = cpu.memory.readShadow((ssp + 4) | 0, true);
  if (hasHole && cpu.memory.readShadow((ssp + 8) | 0, true) !== 0) {
    return cpu.exception.fault(X86_TRAP_GP, 0);
  }
  if ((token & TOKEN_PREVIOUS) === 0 || high !== 0) return cpu.exception.fault(X86_TRAP_GP, 0);
  const old = token & ~3;
  const place = (old & ~7) - 8;
  if ((old & 4) !== 0) cpu.memory.writeShadow((old - 4) | 0, 0, true);
  cpu.memory.writeShadow(place | 0, old, true);
  cpu.memory.writeShadow((place + 4) | 0, 0, true);
  shadowStack.ssp = (ssp + 8 + (hasHole ? 4 : 0)) | 0;
  return NEXT;
}

export const SHADOW_STACK: InstructionRows = [
  [0x51e, 0x51e, rdssp],
  [0x5ae, 0x5ae, group15],
];
