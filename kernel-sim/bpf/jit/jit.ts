import { type BpfCpu, MAX_TAIL_CALL_CNT } from "../interpreter.ts";
import { MAX_BPF_STACK } from "../isa.ts";
import type { BpfKernel } from "../kernel.ts";
import type { LoadedProgram, ProgRunner } from "../program.ts";
import type { JitEnvironment } from "./call-plans.ts";
import type { CompiledProgram } from "./compile.ts";
import type { CodeListener } from "./compile-function.ts";
import { compiler, hasCompiler } from "./compiler.ts";
import { argsOfHelper, isReporting } from "./helper-args.ts";
import { JitCallbacks } from "./jit-callbacks.ts";
import { BpfException, JitProgram } from "./jit-program.ts";
import {
  CPU_AT,
  EXECUTED_AT,
  FRAME_AT,
  PLACES,
  PLACES_AT,
  R0_AT,
  TAIL_CALL_AT,
} from "./run-area.ts";

/**
 * Compiled programs are worth it from here on: instructions that a program has run in the
 * interpreter. One that has loops may run for long at once, so it is compiled before its first run.
 */
const WARM_INSNS = 20_000;

/** The same where the compiler has to be fetched: some hundredths of a second. */
const FETCHED_INSNS = 1_000_000;

/** Frames are 512 bytes apart. */
const FRAME_SHIFT = 9;

/** How often a program may run before what it has freed is given back. */
const REPEATS_AT_ONCE = 1024;

/**
 * Runs programs of one machine: in the interpreter, or compiled. Both do the same, to the number of
 * instructions that they count; so when a program is compiled is nobody's business.
 */
export class Jit {
  /** `net.core.bpf_jit_enable`. */
  enabled = true;
  warmInsns = WARM_INSNS;
  readonly callbacks: JitCallbacks;
  /** The CPU of the program that runs. */
  vm!: BpfCpu<BpfKernel>;
  readonly #kernel: BpfKernel;
  /** Where the frames of the program begin that runs. */
  #base = 0;
  #tailCalls = 0;
  #next: LoadedProgram | undefined;
  #nextContext = 0;

  constructor(kernel: BpfKernel) {
    this.#kernel = kernel;
    this.callbacks = new JitCallbacks(kernel);
  }

  /**
   * Runs `prog` at least once and answers the low word of R0, unsigned; `vm.executed` says how many
   * instructions it took.
   */
  run(prog: LoadedProgram, vm: BpfCpu<BpfKernel>, context: number, repeat = 1): number {
    return this.#kernel.whileRunning(prog, vm.cpu, () => this.#run(prog, vm, context, repeat));
  }

  #run(prog: LoadedProgram, vm: BpfCpu<BpfKernel>, context: number, repeat: number): number {
    vm.executed = 0;
    if (prog.runner !== undefined) return this.#runBy(prog.runner, vm, context);
    let r0 = 0;
    for (let left = Math.max(1, repeat); left > 0; left--) {
      const compiled = this.#readyFor(prog);
      if (compiled !== undefined) return this.#runCompiled(compiled, vm, context, left) >>> 0;
      const before = vm.executed;
      r0 = vm.run(prog.code, context);
      prog.interpretedInsns += vm.executed - before;
    }
    return r0;
  }

  #runBy(runner: ProgRunner, vm: BpfCpu<BpfKernel>, context: number): number {
    const { memory } = this.#kernel;
    memory.readLock();
    try {
      return runner(vm, context);
    } finally {
      memory.readUnlock();
    }
  }

  /** The compiled form of a program; undefined: it is not worth it yet, or not possible. */
  #readyFor(prog: LoadedProgram): JitProgram | undefined {
    if (!this.enabled) return undefined;
    if (prog.jited === undefined) {
      if (!prog.hasLoop && prog.interpretedInsns < this.warmInsns) return undefined;
      if (prog.interpretedInsns < FETCHED_INSNS && !hasCompiler()) return undefined;
      prog.jited = this.#made(prog);
    }
    return prog.jited ?? undefined;
  }

  #made(prog: LoadedProgram): JitProgram | null {
    const compiled = this.compile(prog);
    return compiled === undefined ? null : new JitProgram(this.#kernel, compiled);
  }

  compile(prog: LoadedProgram, listener?: CodeListener): CompiledProgram | undefined {
    const maps = new Map(prog.maps.map((map) => [map.address, map]));
    const environment: JitEnvironment = {
      mapAt: (address) => maps.get(address),
      argsOfHelper,
      isReporting,
    };
    return compiler().compileProgram(prog, environment, listener);
  }

  #runCompiled(
    compiled: JitProgram,
    vm: BpfCpu<BpfKernel>,
    context: number,
    repeat: number,
  ): number {
    this.#setExecuted(vm.executed);
    this.#kernel.memory.view.setInt32(CPU_AT, vm.cpu, true);
    this.vm = vm;
    vm.context = context;
    const { frame } = vm;
    const outer = this.#base;
    this.#base = frame;
    const { memory } = this.#kernel;
    let r0 = 0;
    for (let left = repeat; left > 0; left -= REPEATS_AT_ONCE) {
      memory.readLock();
      try {
        r0 = this.#repeated(compiled, context, frame, Math.min(left, REPEATS_AT_ONCE));
      } finally {
        memory.readUnlock();
      }
    }
    this.#base = outer;
    this.asking();
    return r0;
  }

  #repeated(compiled: JitProgram, context: number, frame: number, repeat: number): number {
    const { mayTailCall, mayThrow } = compiled;
    if (!mayTailCall && !mayThrow) return compiled.repeated(context, frame, repeat);
    let r0 = 0;
    for (let i = 0; i < repeat; i++) {
      this.#kernel.memory.bytes.fill(0, frame, frame + MAX_BPF_STACK);
      this.#tailCalls = 0;
      r0 = this.#runToEnd(compiled, context, frame);
    }
    return r0;
  }

  /** The CPU for a helper, who may ask it how far the program has come. */
  asking(): BpfCpu<BpfKernel> {
    const { view } = this.#kernel.memory;
    const { vm } = this;
    vm.at = -1;
    vm.executed =
      view.getUint32(EXECUTED_AT + 4, true) * TWO_32 + view.getUint32(EXECUTED_AT, true);
    return vm;
  }

  /** The slots at which the functions of the running program go on, the innermost one first. */
  places(): readonly number[] {
    const { view } = this.#kernel.memory;
    const slots: number[] = [];
    for (let at = view.getInt32(FRAME_AT, true); at >= this.#base; at -= MAX_BPF_STACK) {
      slots.push(view.getInt32(PLACES_AT + ((at >> FRAME_SHIFT) & (PLACES - 1)) * 4, true));
    }
    return slots;
  }

  /** Whether the running program, or function, goes on with another one: it returns to that end. */
  tailCall(context: number, map: number, index: number): boolean {
    if (this.#tailCalls === MAX_TAIL_CALL_CNT) return false;
    this.#next = this.#kernel.tailCallProgram(map, index);
    if (this.#next === undefined) return false;
    this.#tailCalls++;
    this.#nextContext = context;
    this.#kernel.memory.view.setInt32(TAIL_CALL_AT, 1, true);
    return true;
  }

  /** A function has returned to go on with another program, in its frame. */
  goOn(frame: number): void {
    const base = this.#base;
    this.#runNext(frame);
    this.#base = base;
  }

  /** Ends all functions of the running program. */
  throwException(low: number, high: number): never {
    throw new BpfException(low, high);
  }

  #runToEnd(first: JitProgram, context: number, frame: number): number {
    const r0 = this.#runOne(first, context, frame);
    const { view } = this.#kernel.memory;
    return view.getInt32(TAIL_CALL_AT, true) === 0 ? r0 : this.#runNext(frame);
  }

  /** Runs the programs that are gone on with, one after the other, and leaves R0 of the last. */
  #runNext(frame: number): number {
    const { memory } = this.#kernel;
    this.#base = frame;
    let r0 = 0;
    do {
      memory.view.setInt32(TAIL_CALL_AT, 0, true);
      const next = this.#next!;
      next.jited ??= this.#made(next);
      r0 =
        next.jited === null
          ? this.#interpret(next, frame)
          : this.#runOne(next.jited, this.#nextContext, frame);
    } while (memory.view.getInt32(TAIL_CALL_AT, true) !== 0);
    return r0;
  }

  #runOne(program: JitProgram, context: number, frame: number): number {
    if (!program.mayThrow) return program.main(context, frame);
    const depth = this.callbacks.depth;
    try {
      return program.main(context, frame);
    } catch (exception) {
      if (!(exception instanceof BpfException)) throw exception;
      this.callbacks.unwindTo(depth);
      return this.#catch(program, exception, frame);
    }
  }

  #catch({ caught }: JitProgram, { low, high }: BpfException, frame: number): number {
    const { r } = this.vm;
    r.fill(0);
    r[2] = low;
    r[3] = high;
    this.callbacks.passArgs();
    if (caught !== undefined) return caught(frame);
    // The program answers what was thrown, with an exit that nobody wrote.
    this.#setExecuted(this.asking().executed + 1);
    const { view } = this.#kernel.memory;
    view.setInt32(R0_AT, low, true);
    view.setInt32(R0_AT + 4, high, true);
    return low;
  }

  /** A program that only the interpreter knows, at the end of a tail call. */
  #interpret(prog: LoadedProgram, frame: number): number {
    const vm = this.asking();
    vm.goOn(prog.code, this.#nextContext, frame, this.#tailCalls);
    const { view } = this.#kernel.memory;
    this.#setExecuted(vm.executed);
    view.setInt32(R0_AT, vm.r[0]!, true);
    view.setInt32(R0_AT + 4, vm.r[1]!, true);
    return vm.r[0]!;
  }

  #setExecuted(executed: number): void {
    const { view } = this.#kernel.memory;
    view.setUint32(EXECUTED_AT, executed >>> 0, true);
    view.setUint32(EXECUTED_AT + 4, executed / TWO_32, true);
  }
}

const TWO_32 = 0x1_0000_0000;
