import type { MachineTrap, SteppedInstruction } from "../api-kernel.ts";
import { disassemble } from "../arch/x86/asm/disassemble.ts";
import { syscallNames32 } from "../arch/x86/entry/syscall-table-32.ts";
import type { Task } from "../kernel/task.ts";
import { LinkedContext } from "../user/ld-so/linked-context.ts";
import { MachineContext } from "../user/machine-context.ts";
import type { LivingKernel } from "./living-kernel.ts";
import { lookAtMemory } from "./process-memory.ts";
import { savedRegisters } from "./registers.ts";

/** The longest instruction. */
const INSTRUCTION_BYTES = 15;

const EXCEPTIONS: Readonly<Record<number, string>> = {
  0: "#DE",
  1: "#DB",
  3: "#BP",
  4: "#OF",
  5: "#BR",
  6: "#UD",
  7: "#NM",
  11: "#NP",
  12: "#SS",
  13: "#GP",
  14: "#PF",
  17: "#AC",
  21: "#CP",
};

/** One instruction of a process, with what the kernel does for it. */
export function stepInstruction(machine: LivingKernel, task: Task): SteppedInstruction | undefined {
  // The dynamic linker comes before the first instruction.
  machine.runUntil(() => !(task.user instanceof LinkedContext) || task.exitState !== 0);
  const context = task.user;
  if (!(context instanceof MachineContext)) return undefined;
  const isOver = (): boolean => task.exitState !== 0 || task.user !== context;
  const isInUserMode = (): boolean => !context.hasTrap && task.kstack === undefined;
  machine.setStretch(task.pid, 1);
  try {
    // What an earlier stretch has trapped for comes first.
    machine.runUntil(() => isOver() || isInUserMode());
    if (isOver() || !isInUserMode()) return undefined;
    let address = task.regs.ip;
    let text = textAt(task, address);
    const { stretches } = context;
    machine.runUntil(() => {
      if (isOver()) return true;
      if (context.stretches > stretches) return isInUserMode();
      // A signal may lead it to a handler before it goes on.
      if (task.regs.ip !== address) {
        address = task.regs.ip;
        text = textAt(task, address);
      }
      return false;
    });
    if (context.stretches === stretches) return undefined;
    return Object.freeze({
      address,
      text,
      trap: trapOf(context),
      registers: isOver() ? undefined : savedRegisters(task.regs, context.shadowStack()),
    });
  } finally {
    machine.setStretch(task.pid, 0);
  }
}

/** The instruction there, as objdump prints it; "" where none can be read. */
export function instructionAt(task: Task | undefined, address: number): string {
  return task === undefined ? "" : textAt(task, address);
}

function textAt(task: Task, address: number): string {
  for (let n = INSTRUCTION_BYTES; n > 0; n--) {
    const bytes = lookAtMemory(task, address, n);
    if (bytes !== undefined) return disassemble(bytes, 0, address).text;
  }
  return "";
}

function trapOf({ lastStop, lastNumber }: MachineContext): MachineTrap | undefined {
  if (lastStop === undefined) return undefined;
  if (lastStop.kind === "sysenter" || (lastStop.kind === "int" && lastStop.vector === 0x80)) {
    const door = lastStop.kind === "sysenter" ? "sysenter" : "int80";
    const name = syscallNames32[lastNumber];
    return Object.freeze({ kind: "syscall", door, number: lastNumber, name });
  }
  if (lastStop.kind !== "exception" && lastStop.kind !== "int") return undefined;
  const { vector } = lastStop;
  const isFault = lastStop.kind === "exception";
  return Object.freeze({
    kind: "exception",
    vector,
    name: EXCEPTIONS[vector] ?? `#${vector}`,
    errorCode: isFault ? lastStop.errorCode : 0,
    address: isFault && vector === 14 ? lastStop.cr2 : 0,
  });
}
