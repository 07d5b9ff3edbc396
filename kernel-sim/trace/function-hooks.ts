/** Programs at functions inside of the kernel. */
import type { CurrentTask } from "../bpf/current-task.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import type { FunctionProbes, KernelArg } from "../kernel/function-probes.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import type { AttachedPrograms } from "./attached.ts";
import { CallArguments } from "./call-arguments.ts";
import type { FunctionPlace } from "./hooks.ts";
import { PT_REGS_BYTES, writeFunctionRegs, writeWord } from "./kernel-functions.ts";
import type { EventFields } from "./ring.ts";
import { runPrograms } from "./run-programs.ts";

/** What programs need of the machine that runs them. */
export interface ProbedMachine {
  readonly attached: AttachedPrograms;
  bpf(): BpfKernel;
  current(): { readonly task: CurrentTask; readonly cpu: number };
  /** Programs have taken so many ns. */
  charge(ns: number): void;
  /** An event that is in no trace. */
  fire?(event: string, fields: () => EventFields): void;
}

const WORD_BYTES = 8;

/** @linux kernel/bpf/trampoline.c, arch/x86/net/bpf_jit_comp.c `arch_prepare_bpf_trampoline` (6.18) */
export class FunctionHooks implements FunctionProbes {
  readonly #machine: ProbedMachine;

  constructor(machine: ProbedMachine) {
    this.#machine = machine;
  }

  call<T>(
    func: string,
    args: () => readonly KernelArg[],
    body: () => T,
    answerOf: (answer: unknown) => KernelArg = Number,
  ): T | number {
    const { attached } = this.#machine;
    const hasEntry = ENTRY.some((place) => attached.has(`${place}:${func}`));
    const hasExit = EXIT.some((place) => attached.has(`${place}:${func}`));
    const shown = new CallArguments();
    const answered = hasEntry ? this.#enter(func, shown, args()) : undefined;
    if (!hasExit) return answered ?? body();
    const result = answered ?? body();
    if (isWalk(result)) return this.#leaveLater(func, shown, args, result, answerOf) as T;
    this.#leave(func, shown, args(), answerOf(result));
    return result;
  }

  enter(func: string, args: () => readonly KernelArg[]): void {
    const { attached } = this.#machine;
    if (!ENTRY.some((place) => attached.has(`${place}:${func}`))) return;
    this.#enter(func, new CallArguments(), args());
  }

  event(name: string, fields: () => EventFields): void {
    this.#machine.fire?.(name, fields);
  }

  *#leaveLater(
    func: string,
    shown: CallArguments,
    args: () => readonly KernelArg[],
    rest: MaySleep<unknown>,
    answerOf: (answer: unknown) => KernelArg,
  ): MaySleep<unknown> {
    const answer = yield* rest;
    this.#leave(func, shown, args(), answerOf(answer));
    return answer;
  }

  /** A number: a program has answered, and the function's body does not run. */
  #enter(func: string, shown: CallArguments, args: readonly KernelArg[]): number | undefined {
    return this.#with(func, shown, args, 0, (run) => {
      run("kprobe");
      run("fentry");
      const answer = run("fmod_ret");
      return answer === 0 ? undefined : answer;
    });
  }

  #leave(func: string, shown: CallArguments, args: readonly KernelArg[], answer: KernelArg): void {
    this.#with(func, shown, args, answer, (run) => {
      run("fexit");
      run("kretprobe");
    });
  }

  /** Writes what programs see of one call, and lets them run. */
  #with<T>(
    func: string,
    shown: CallArguments,
    args: readonly KernelArg[],
    answer: KernelArg,
    body: (run: (place: FunctionPlace) => number) => T,
  ): T {
    const { attached, bpf, current, charge } = this.#machine;
    const kernel = bpf();
    const { memory, structs } = kernel;
    structs.settle();
    const words = shown.words(structs, args);
    const [told = 0] = new CallArguments().words(structs, [answer]);
    const room = memory.alloc(contextBytes(words.length));
    // Without memory the programs do not run.
    const [context, regs] = room === 0 ? [0, 0] : [contextAt(room), regsAt(room, words.length)];
    if (room !== 0) {
      writeContext(kernel, room, words, told);
      writeFunctionRegs(memory, regs, func, words, told);
    }
    const { result, executed } = runPrograms(kernel, current(), (run) =>
      body((place) => {
        // A probe counts if all of its programs want that.
        let isHeard = true;
        for (const attachment of attached.at(`${place}:${func}`)) {
          const at = place === "kprobe" || place === "kretprobe" ? regs : context;
          if (at === 0) continue;
          const answer = run(attachment, at);
          if (place === "fmod_ret" && answer !== 0) return answer;
          if (answer === 0) isHeard = false;
        }
        if (isHeard) attached.hit(`${place}:${func}`, current().cpu);
        return 0;
      }),
    );
    if (room !== 0) memory.free(room, contextBytes(words.length));
    if (executed > 0) charge(executed);
    return result;
  }
}

/** Whether a call has not ended yet, whatever it will answer. */
function isWalk(result: unknown): result is MaySleep<unknown> {
  return typeof result === "object" && result !== null && Symbol.iterator in result;
}

const ENTRY: readonly FunctionPlace[] = ["kprobe", "fentry", "fmod_ret"];
const EXIT: readonly FunctionPlace[] = ["fexit", "kretprobe"];

function contextBytes(args: number): number {
  return (args + 2) * WORD_BYTES + PT_REGS_BYTES;
}

function contextAt(room: number): number {
  return room + WORD_BYTES;
}

function regsAt(room: number, args: number): number {
  return room + (args + 2) * WORD_BYTES;
}

/**
 * Arguments and, behind them, the answer; in front of them their number.
 *
 * @linux arch/x86/net/bpf_jit_comp.c `__arch_prepare_bpf_trampoline`: the stack of a trampoline (6.18)
 */
function writeContext(
  { memory }: BpfKernel,
  room: number,
  words: readonly number[],
  answer: number,
): void {
  for (const [i, word] of [words.length, ...words, answer].entries()) {
    writeWord(memory, room + i * WORD_BYTES, word);
  }
}
