import { PtRegs } from "../../arch/x86/pt-regs.ts";
import type { Task } from "../../kernel/task.ts";
import { TRAP_TIME, type Trap, type UserContext } from "../../kernel/user-context.ts";
import { MachineContext, type MachineGate } from "../machine-context.ts";
import type { Program } from "../program.ts";
import { ProgramContext } from "../program-context.ts";
import { boundCall, linkerProgram } from "./linker.ts";
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
    task.regs.set(this.#saved!);
    task.regs.ip = entry;
    state.entry = undefined;
    machine.gate ??= new LinkerGate(state, this.#argv, this.#env);
    task.user = machine;
  }
}

/** Where calls go that are not bound yet. */
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

  get address(): number {
    return this.state.resolver;
  }

  /**
   * The linkage table has pushed which file and which of its functions; the caller's address lies above.
   *
   * @spec glibc sysdeps/i386/dl-trampoline.S `_dl_runtime_resolve`
   */
  enter(task: Task, machine: MachineContext): void {
    const { state } = this;
    const { regs } = task;
    state.memory.task = task;
    const map = state.maps[state.memory.word(regs.sp)];
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
