import { PtRegs } from "../../arch/x86/pt-regs.ts";
import type { Task } from "../../kernel/task.ts";
import type { Program } from "../program.ts";
import type { LinkerState } from "./linker-state.ts";

/** A function of machine code that the dynamic linker calls. */
export interface MachineCall {
  /** Undefined: there is only something to say. */
  readonly address: number | undefined;
  readonly args: readonly number[];
  /** What LD_DEBUG=libs says before it. */
  readonly notes: readonly string[];
}

/** Functions that are called one after the other, and what comes then. */
export class CallChain {
  readonly calls: readonly MachineCall[];
  /** The registers to go on with when all have returned. */
  readonly final: PtRegs;
  /** What the linker has to do before that. */
  readonly after: Program | undefined;
  next = 0;

  constructor(calls: readonly MachineCall[], final: PtRegs, after?: Program) {
    this.calls = calls;
    this.final = new PtRegs();
    this.final.set(final);
    this.after = after;
  }

  /** The same for a copy of the process. */
  copy(): CallChain {
    const copy = new CallChain(this.calls, this.final, this.after);
    copy.next = this.next;
    return copy;
  }
}

/**
 * Lets the program go into the next function of the innermost chain, or on to where it wanted to. Answers a program
 * that the linker has to run first.
 */
export function proceed(state: LinkerState, task: Task): Program | undefined {
  const chain = state.chains.at(-1);
  if (chain === undefined) return undefined;
  const { regs } = task;
  regs.set(chain.final);
  let call: MachineCall | undefined;
  do {
    call = chain.calls[chain.next++];
    if (call !== undefined && state.debug.libs) state.notes.push(...call.notes);
  } while (call !== undefined && call.address === undefined);
  if (call?.address === undefined) {
    state.chains.pop();
    return chain.after;
  }
  const { memory } = state;
  // The word above the return address is aligned, as functions expect it.
  const args = (regs.sp - call.args.length * 4) & ~15;
  call.args.forEach((arg, i) => {
    memory.setWord((args >>> 0) + i * 4, arg);
  });
  regs.sp = (args >>> 0) - 4;
  memory.setWord(regs.sp, state.returnPoint);
  regs.ip = call.address;
  return undefined;
}
