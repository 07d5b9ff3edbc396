import { PtRegs } from "../../arch/x86/pt-regs.ts";
import type { Task } from "../../kernel/task.ts";
import { TRAP_TIME, type Trap, type UserContext } from "../../kernel/user-context.ts";
import { MachineContext, type MachineGate } from "../machine-context.ts";
import type { Program } from "../program.ts";
import { ProgramContext } from "../program-context.ts";
import { CallChain, proceed } from "./call-chain.ts";
import { dlFunction } from "./dl-functions.ts";
import { finiCalls } from "./init-fini.ts";
import { boundCall, linkerProgram } from "./linker.ts";
import { type LinkerEntry, linkerEntryAt, linkerOffset } from "./linker-file.ts";
import { LinkerState, UndefinedSymbol } from "./linker-state.ts";
import { bindCall } from "./relocate.ts";

const USER_CS = 0x33;
/** Binding a function at its first call, beside the search: registers saved, the relocation found. */
const BIND_NS = 150;
const LOOKUP_NS = 120;

/** A program of machine code while the dynamic linker works for it: before it begins, or in the middle of a call. */
export class LinkedContext implements UserContext {
  readonly machine: MachineContext;
  readonly state: LinkerState;
  readonly #argv: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #linker: ProgramContext | undefined;
  /** The machine's registers, to go on with. */
  #saved: PtRegs | undefined;
  readonly #program: Program | undefined;

  constructor(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    machine = new MachineContext(),
    state = new LinkerState(),
    program?: Program,
  ) {
    this.#argv = argv;
    this.#env = env;
    this.machine = machine;
    this.state = state;
    this.#program = program;
  }

  run(task: Task): Trap {
    const { state } = this;
    state.memory.task = task;
    let linker = this.#linker;
    if (linker === undefined) {
      this.#saved = new PtRegs();
      this.#saved.set(task.regs);
      // The linker makes calls of 64 bits.
      task.regs.cs = USER_CS;
      const program = this.#program ?? linkerProgram(state, task.regs.sp);
      linker = new ProgramContext(program, this.#argv, this.#env);
      this.#linker = linker;
    }
    const trap = linker.run(task);
    if (state.entry === undefined) return trap;
    this.#leave(task, state.entry);
    return TRAP_TIME;
  }

  /** A process is copied while the linker works only if somebody else has its memory: the copy begins anew. */
  fork(): UserContext {
    return new LinkedContext(this.#argv, this.#env, this.machine, this.state, this.#program);
  }

  #leave(task: Task, entry: number): void {
    const { state, machine } = this;
    const { regs } = task;
    regs.set(this.#saved!);
    regs.ip = entry;
    state.entry = undefined;
    if (machine.gate === undefined) {
      machine.gate = new LinkerGate(state, this.#argv, this.#env);
      if (state.stack !== undefined) regs.sp = state.stack;
      // What a program calls at its end, as exit(3) does.
      regs.dx = state.linkerBase + linkerOffset("_dl_fini");
    }
    if (state.result !== undefined) regs.ax = state.result | 0;
    state.result = undefined;
    task.user = machine;
    const { nextCalls: calls, afterCalls } = state;
    state.nextCalls = [];
    state.afterCalls = undefined;
    if (calls.length === 0 && afterCalls === undefined) return;
    state.chains.push(new CallChain(calls, regs, afterCalls));
    goOn(state, task, machine, this.#argv, this.#env);
  }
}

/** Goes into the next function, or on to the end of a chain of them; the linker comes first when it has to write something. */
function goOn(
  state: LinkerState,
  task: Task,
  machine: MachineContext,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): void {
  const after = proceed(state, task);
  state.resume = task.regs.ip;
  const program =
    after ?? (state.notes.length > 0 ? boundCall(state, undefined, task.regs.ip) : undefined);
  if (program !== undefined) task.user = new LinkedContext(argv, env, machine, state, program);
}

/** The linker's functions, as machine code comes to them. */
class LinkerGate implements MachineGate {
  readonly state: LinkerState;
  readonly #argv: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  constructor(state: LinkerState, argv: readonly string[], env: Readonly<Record<string, string>>) {
    this.state = state;
    this.#argv = argv;
    this.#env = env;
  }

  fork(): MachineGate {
    return new LinkerGate(this.state.copy(), this.#argv, this.#env);
  }

  serves(ip: number): boolean {
    return linkerEntryAt(ip - this.state.linkerBase) !== undefined;
  }

  enter(task: Task, machine: MachineContext): void {
    const { state } = this;
    state.memory.task = task;
    const entry = linkerEntryAt(task.regs.ip - state.linkerBase);
    if (entry === "_dl_runtime_resolve") this.#resolve(task, machine);
    else if (entry === "_dl_return") goOn(state, task, machine, this.#argv, this.#env);
    else if (entry !== undefined && entry !== "_start") this.#serve(task, machine, entry);
  }

  /** A function that machine code has called: its return address lies on the stack, its arguments above. */
  #serve(task: Task, machine: MachineContext, entry: Exclude<LinkerEntry, "_start">): void {
    const { state } = this;
    const { regs } = task;
    const [caller, ...args] = [0, 4, 8, 12].map((at) => state.memory.word(regs.sp + at));
    regs.sp += 4;
    regs.ip = caller!;
    if (machine.shadowStack() !== 0) machine.setShadowStack(machine.shadowStack() + 4);
    if (entry === "_dl_fini") {
      state.chains.push(new CallChain(finiCalls(state.maps), regs));
      goOn(state, task, machine, this.#argv, this.#env);
      return;
    }
    state.lookups = 0;
    const program = dlFunction(state, entry, args, caller!);
    task.user = new LinkedContext(this.#argv, this.#env, machine, state, program);
  }

  /**
   * The linkage table has pushed which file and which of its functions; the caller's address lies above.
   *
   * @spec glibc sysdeps/i386/dl-trampoline.S `_dl_runtime_resolve`
   */
  #resolve(task: Task, machine: MachineContext): void {
    const { state } = this;
    const { regs } = task;
    const number = state.memory.word(regs.sp);
    const map = state.maps.find((one) => one.number === number);
    const offset = state.memory.word(regs.sp + 4);
    regs.sp += 8;
    let missing: UndefinedSymbol | undefined;
    let address = 0;
    state.lookups = 0;
    try {
      if (map !== undefined) address = bindCall(state, map, offset);
    } catch (error) {
      if (!(error instanceof UndefinedSymbol)) throw error;
      missing = error;
    }
    task.userNs += BIND_NS + state.lookups * LOOKUP_NS;
    if (missing === undefined && state.notes.length === 0) {
      regs.ip = address;
      return;
    }
    const program = boundCall(state, missing, address);
    task.user = new LinkedContext(this.#argv, this.#env, machine, state, program);
  }
}

/** What the dynamic linker knows of a process; undefined for one that it has not linked. */
export function linkerStateOf(task: Task): LinkerState | undefined {
  const { user } = task;
  if (user instanceof LinkedContext) return user.state;
  if (!(user instanceof MachineContext) || !(user.gate instanceof LinkerGate)) return undefined;
  return user.gate.state;
}
