/** Programs at functions inside of the kernel. */
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import type { CurrentTask } from "../bpf/current-task.ts";
import type { BpfKernel } from "../bpf/kernel.ts";
import type { FunctionProbes, KernelArg } from "../kernel/function-probes.ts";
import { isSleeping, type MaySleep, type SysResult } from "../kernel/sleep.ts";
import type { AttachedPrograms } from "./attached.ts";
import type { FunctionPlace } from "./hooks.ts";
import { PT_REGS_BYTES, writeFunctionRegs, writeWord } from "./kernel-functions.ts";
import { KernelStructs } from "./kernel-structs.ts";
import { runPrograms } from "./run-programs.ts";

/** What programs need of the machine that runs them. */
export interface ProbedMachine {
  readonly attached: AttachedPrograms;
  bpf(): BpfKernel;
  current(): { readonly task: CurrentTask; readonly cpu: number };
  /** Programs have taken so many ns. */
  charge(ns: number): void;
}

const WORD_BYTES = 8;

/** @linux kernel/bpf/trampoline.c, arch/x86/net/bpf_jit_comp.c `arch_prepare_bpf_trampoline` (6.18) */
export class FunctionHooks implements FunctionProbes {
  readonly #machine: ProbedMachine;

  constructor(machine: ProbedMachine) {
    this.#machine = machine;
  }

  call<T extends SysResult>(
    func: string,
    args: () => readonly KernelArg[],
    body: () => T,
  ): T | number {
    const { attached } = this.#machine;
    const hasEntry = ENTRY.some((place) => attached.has(`${place}:${func}`));
    const hasExit = EXIT.some((place) => attached.has(`${place}:${func}`));
    const answered = hasEntry ? this.#enter(func, args()) : undefined;
    if (!hasExit) return answered ?? body();
    const result = answered ?? body();
    if (isSleeping(result)) return this.#leaveLater(func, args, result) as T;
    this.#leave(func, args(), result);
    return result;
  }

  enter(func: string, args: () => readonly KernelArg[]): void {
    const { attached } = this.#machine;
    if (ENTRY.some((place) => attached.has(`${place}:${func}`))) this.#enter(func, args());
  }

  *#leaveLater(
    func: string,
    args: () => readonly KernelArg[],
    rest: MaySleep<number>,
  ): MaySleep<number> {
    const answer = yield* rest;
    this.#leave(func, args(), answer);
    return answer;
  }

  /** A number: a program has answered, and the function's body does not run. */
  #enter(func: string, args: readonly KernelArg[]): number | undefined {
    return this.#with(func, args, 0, (run) => {
      run("kprobe");
      run("fentry");
      const answer = run("fmod_ret");
      return answer === 0 ? undefined : answer;
    });
  }

  #leave(func: string, args: readonly KernelArg[], answer: number): void {
    this.#with(func, args, answer, (run) => {
      run("fexit");
      run("kretprobe");
    });
  }

  /** Writes what programs see of one call, and lets them run. */
  #with<T>(
    func: string,
    args: readonly KernelArg[],
    answer: number,
    body: (run: (place: FunctionPlace) => number) => T,
  ): T {
    const { attached, bpf, current, charge } = this.#machine;
    const kernel = bpf();
    const { memory } = kernel;
    const structs = new KernelStructs(memory, btfVmlinux());
    const words = args.map((arg) => structs.argument(arg));
    const context = functionContext(structs, kernel, words, answer);
    const regs = structs.reserve(PT_REGS_BYTES);
    if (regs !== 0) writeFunctionRegs(memory, regs, func, words, answer);
    const { result, executed } = runPrograms(kernel, current(), (run) =>
      body((place) => {
        for (const attachment of attached.at(`${place}:${func}`)) {
          const at = place === "kprobe" || place === "kretprobe" ? regs : context;
          // Without memory the program does not run.
          if (at === 0) continue;
          const answer = run(attachment, at);
          if (place === "fmod_ret" && answer !== 0) return answer;
        }
        return 0;
      }),
    );
    structs.release();
    if (executed > 0) charge(executed);
    return result;
  }
}

const ENTRY: readonly FunctionPlace[] = ["kprobe", "fentry", "fmod_ret"];
const EXIT: readonly FunctionPlace[] = ["fexit", "kretprobe"];

/**
 * Arguments and, behind them, the answer; in front of them their number.
 *
 * @linux arch/x86/net/bpf_jit_comp.c `__arch_prepare_bpf_trampoline`: the stack of a trampoline (6.18)
 */
export function functionContext(
  structs: KernelStructs,
  { memory }: BpfKernel,
  words: readonly number[],
  answer: number,
): number {
  const room = structs.reserve((words.length + 2) * WORD_BYTES);
  if (room === 0) return 0;
  writeWord(memory, room, words.length);
  for (const [i, word] of [...words, answer].entries()) {
    writeWord(memory, room + (i + 1) * WORD_BYTES, word);
  }
  return room + WORD_BYTES;
}
