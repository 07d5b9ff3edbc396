import { PtRegs } from "../arch/x86/pt-regs.ts";
import { PF_USER, PF_WRITE } from "../hw/mmu.ts";
import type { Task } from "../kernel/task.ts";
import {
  TRAP_EXCEPTION,
  TRAP_SYSCALL,
  TRAP_TIME,
  type Trap,
  type UserContext,
} from "../kernel/user-context.ts";
import { accessFault } from "./access-fault.ts";
import { HANDLER_BASE, type UserFrame, UserFrames } from "./frames.ts";
import { isMachineStop } from "./machine-stop.ts";
import type { Handler, Program, UserRequest } from "./program.ts";
import { Replay } from "./replay.ts";
import {
  AccessRequest,
  AtomicRequest,
  ComputeRequest,
  type MachineRequest,
  SyscallRequest,
} from "./request.ts";
import { Sys } from "./sys.ts";
import { nothing, type Tape, TapePlayer } from "./tape.ts";

const NR_RT_SIGRETURN = 15;
const NR_EXIT = 60;
const NR_EXIT_GROUP = 231;
const NR_KILL_ABORT = 6;
const HANDLER_BYTES = 16;
/** More than any stack has. */
const STACK_BYTES_MAX = 2 ** 30;
const X86_TRAP_PF = 14;
const THREAD_STACK_BYTES = 64 * 1024;
const WORD_BYTES = 4;

interface ProgramFrame extends UserFrame {
  readonly steps: Generator<UserRequest, unknown, never>;
  /** What the program asked for last, and has not got yet. */
  request: ComputeRequest | AccessRequest | AtomicRequest | undefined;
  /** Whether the first step has been made. */
  isStarted: boolean;
  /** It is the simulator's own, not the program's: nothing of it is recorded. */
  readonly isOwn: boolean;
}

/**
 * Runs a TypeScript program in user mode. Its memory, registers and signal frames are the simulated
 * ones; only its own local variables live outside.
 */
export class ProgramContext implements UserContext {
  readonly program: Program;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly #frames = new UserFrames<ProgramFrame>();
  readonly #handlers = new Map<number, Handler>();
  readonly #sys: Sys;
  readonly #replay: Replay;
  /** The request object that `sys` fills; it is copied into the registers at once. */
  readonly syscallRequest = new SyscallRequest();
  /** What the child of the next clone runs instead of a copy of this program: a thread, or `spawn`. */
  #nextThread: NextThread | undefined = undefined;
  /** Records what the program does. */
  readonly #recorder: Tape | undefined;
  /** Plays what it did. With neither of both it simply runs. */
  readonly #player: TapePlayer | undefined;
  #threads = 0;
  #isThread = false;
  #task: Task | undefined;
  /** What the program returned, for its host. */
  returned: unknown = undefined;
  /** What it threw, if it did: the process dies of SIGABRT, the host gets this. */
  thrown: { readonly error: unknown } | undefined = undefined;

  constructor(
    program: Program,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    replay = new Replay(),
    tape?: Tape | TapePlayer,
  ) {
    this.program = program;
    this.argv = Object.freeze([...argv]);
    this.env = Object.freeze({ ...env });
    this.#replay = replay;
    this.#recorder = tape instanceof TapePlayer ? undefined : tape;
    this.#player = tape instanceof TapePlayer ? tape : undefined;
    this.#sys = new Sys(this);
  }

  /** The task that runs now: `sys` works on its memory and registers. */
  get task(): Task {
    return this.#task!;
  }

  run(task: Task): Trap {
    this.#task = task;
    if (this.#frames.depth === 0) this.#start(task);
    const how = this.#frames.follow(task);
    if (how === "handler") this.#startHandler(task);
    else if (how === "again") return this.#repeat(task);
    const frame = this.#frames.top;
    const { request } = frame;
    // An access that has faulted is made again, and is a stretch of its own, as it would have been.
    if (request !== undefined) return this.#serve(task, request) ?? TRAP_TIME;
    return this.#advance(task, frame, task.regs.ax);
  }

  fork(child: Task): UserContext {
    const { nextThread } = this;
    this.nextThread = undefined;
    if (nextThread !== undefined) {
      const { program, argv } = nextThread;
      const thread = new ProgramContext(program, argv, this.env, new Replay(), this.#tape);
      thread.#isThread = nextThread.isThread;
      for (const [address, handler] of this.#handlers) thread.#handlers.set(address, handler);
      return thread;
    }
    const replay = this.#replay.forChild();
    const copy = new ProgramContext(this.program, this.argv, this.env, replay, this.#tape);
    copy.#catchUp(child);
    return copy;
  }

  get nextThread(): NextThread | undefined {
    return this.#nextThread;
  }

  set nextThread(next: NextThread | undefined) {
    if (next !== undefined) this.#recorder?.nextThread(next.isThread);
    this.#nextThread = next;
  }

  /** Registers a handler function and answers its address. */
  handlerAddress(handler: Handler): number {
    for (const [address, known] of this.#handlers) if (known === handler) return address;
    this.#recorder?.handler();
    const address = HANDLER_BASE + this.#handlers.size * HANDLER_BYTES;
    this.#handlers.set(address, handler);
    return address;
  }

  /** Bytes of the program's memory as its code sees them after a call, from the record while a child catches up. */
  peek(addr: number, n: number): Uint8Array {
    this.#recorder?.peek(addr, n);
    if (this.#replay.isCatchingUp) return this.#replay.bytes();
    const bytes = new Uint8Array(n);
    this.task.mm?.copyFromUser(addr, bytes);
    this.#replay.recordBytes(bytes);
    return bytes;
  }

  /** The bytes that a load has found when it was made. */
  loaded(request: AccessRequest): Uint8Array {
    if (this.#replay.isCatchingUp) return this.#replay.bytes();
    const { bytes } = AccessRequest.parts(request);
    this.#replay.recordBytes(bytes);
    return bytes.slice();
  }

  /** What the word of an atomic operation was before it. */
  replaced(request: AtomicRequest): number {
    if (this.#replay.isCatchingUp) return this.#replay.address();
    const old = AtomicRequest.old(request);
    this.#replay.recordAddress(old);
    return old;
  }

  /** Puts bytes on the program's stack and answers their address; `popStack` gives the room back. */
  pushStack(bytes: Uint8Array): number {
    this.#recorder?.push(bytes);
    if (this.#replay.isCatchingUp) return this.#replay.address();
    const { regs, mm } = this.task;
    regs.sp -= (bytes.length + 15) & ~15;
    mm?.copyToUser(regs.sp, bytes);
    this.#replay.recordAddress(regs.sp);
    return regs.sp;
  }

  /** Makes room for `n` bytes on the program's stack, zeros. */
  reserveStack(n: number): number {
    if (n < 0 || n > STACK_BYTES_MAX) throw new RangeError(`no buffer has ${n} bytes`);
    this.#recorder?.reserve(n);
    if (this.#replay.isCatchingUp) return this.#replay.address();
    const { regs, mm } = this.task;
    regs.sp -= (n + 15) & ~15;
    mm?.clearUser(regs.sp, n);
    this.#replay.recordAddress(regs.sp);
    return regs.sp;
  }

  popStack(n: number): void {
    this.#recorder?.pop(n);
    if (!this.#replay.isCatchingUp) this.task.regs.sp += (n + 15) & ~15;
  }

  /** A stack for a new thread: a stretch of the main stack, far below its top. */
  threadStack(): number {
    this.#recorder?.threadStack();
    this.#threads++;
    return this.task.mm!.startStack - this.#threads * THREAD_STACK_BYTES;
  }

  /** Whether `fork` is still possible: not after some hundred thousand calls. */
  get canFork(): boolean {
    return this.#replay.isWhole;
  }

  #start(task: Task): void {
    const steps =
      this.#player !== undefined ? nothing() : this.program(this.#sys, this.argv, this.env);
    this.#frames.push(task, this.#frame(steps));
  }

  #frame(steps: Generator<UserRequest, unknown, never>, isOwn = false): ProgramFrame {
    return { ip: this.#frames.nextIp(), steps, request: undefined, isStarted: false, isOwn };
  }

  #startHandler(task: Task): void {
    const { regs } = task;
    const handler = this.#handlers.get(regs.ip);
    if (handler === undefined) {
      // The program has let its registers point to where no code is.
      this.#frames.push(task, this.#frame(crash(), true));
      return;
    }
    this.#replay.recordHandler(regs.ip, regs.di);
    this.#frames.push(task, this.#frame(handler(this.#sys, regs.di)));
  }

  /** The kernel wants the interrupted call made again: the registers hold it. */
  #repeat(task: Task): Trap {
    const { regs } = task;
    regs.ip = this.#frames.top.ip;
    regs.origAx = regs.ax;
    return TRAP_SYSCALL;
  }

  #advance(task: Task, frame: ProgramFrame, answer: number): Trap {
    let at: IteratorResult<UserRequest, unknown>;
    try {
      if (frame.isStarted) this.#replay.recordAnswer(answer);
      at =
        this.#player === undefined || frame.isOwn
          ? frame.steps.next((frame.isStarted ? answer : undefined) as never)
          : this.#player.play(this);
      frame.isStarted = true;
    } catch (error) {
      if (isMachineStop(error)) throw error;
      this.#recorder?.threw();
      this.thrown ??= { error };
      return this.#call(task, frame, NR_EXIT_GROUP, 128 + NR_KILL_ABORT);
    }
    this.#record(frame, at);
    if (at.done === true) return this.#end(task, frame, at.value);
    const request = at.value as MachineRequest;
    if (request === this.syscallRequest) {
      frame.request = undefined;
      this.#replay.call(this.syscallRequest.load(task.regs));
      return TRAP_SYSCALL;
    }
    if (
      request instanceof ComputeRequest ||
      request instanceof AccessRequest ||
      request instanceof AtomicRequest
    ) {
      frame.request = request;
      return this.#serve(task, request) ?? TRAP_TIME;
    }
    this.thrown ??= { error: new TypeError(NO_REQUEST) };
    return this.#call(task, frame, NR_EXIT_GROUP, 128 + NR_KILL_ABORT);
  }

  get #tape(): Tape | TapePlayer | undefined {
    return this.#recorder ?? this.#player;
  }

  /** Puts what a stretch of the program has ended with onto the tape. */
  #record(frame: ProgramFrame, at: IteratorResult<UserRequest, unknown>): void {
    const tape = this.#recorder;
    if (tape === undefined || frame.isOwn) return;
    if (at.done !== true && at.value === this.syscallRequest) {
      SyscallRequest.record(this.syscallRequest, tape);
    } else tape.end(at);
  }

  /** The end of a frame: of main the process ends, of a handler what it interrupted goes on. */
  #end(task: Task, frame: ProgramFrame, value: unknown): Trap {
    if (this.#frames.depth > 1) {
      this.#replay.recordReturn();
      // The handler's `ret` has taken the address of the restorer off the stack.
      task.regs.sp += 8;
      return this.#call(task, frame, NR_RT_SIGRETURN, 0);
    }
    this.returned = value;
    if (this.#isThread) return this.#call(task, frame, NR_EXIT, 0);
    return this.#call(task, frame, NR_EXIT_GROUP, typeof value === "number" ? value & 0xff : 0);
  }

  #call(task: Task, frame: ProgramFrame, nr: number, a0: number): Trap {
    frame.request = undefined;
    task.regs.origAx = nr;
    task.regs.di = a0;
    return TRAP_SYSCALL;
  }

  /** Computing, loads and stores; undefined when it is done and the program goes on. */
  #serve(task: Task, request: ComputeRequest | AccessRequest | AtomicRequest): Trap | undefined {
    const { top } = this.#frames;
    if (request instanceof ComputeRequest) {
      top.request = undefined;
      task.userNs = ComputeRequest.ns(request);
      task.regs.ax = 0;
      return TRAP_TIME;
    }
    if (request instanceof AtomicRequest) return this.#serveAtomic(task, request);
    const { addr, bytes, isStore } = AccessRequest.parts(request);
    const fault = accessFault(task, addr, bytes.length, isStore);
    if (fault !== undefined) {
      // The request stays: when the fault is repaired the same instruction is tried again.
      task.trap = fault;
      return TRAP_EXCEPTION;
    }
    const done = isStore
      ? (task.mm?.copyToUser(addr, bytes) ?? 0)
      : (task.mm?.copyFromUser(addr, bytes) ?? 0);
    if (done < bytes.length) {
      task.trap = {
        vector: X86_TRAP_PF,
        errorCode: PF_USER | (isStore ? PF_WRITE : 0),
        address: addr + done,
      };
      return TRAP_EXCEPTION;
    }
    top.request = undefined;
    task.regs.ax = 0;
    task.kernel.onAccess?.(addr, bytes.length, isStore ? "store" : "load");
    return undefined;
  }

  #serveAtomic(task: Task, request: AtomicRequest): Trap | undefined {
    const { addr } = AtomicRequest.parts(request);
    const word = new Uint8Array(WORD_BYTES);
    const view = new DataView(word.buffer);
    const isRead = (task.mm?.copyFromUser(addr, word) ?? 0) === WORD_BYTES;
    const old = view.getInt32(0, true);
    view.setInt32(0, isRead ? AtomicRequest.apply(request, old) : 0, true);
    if (!isRead || (task.mm?.copyToUser(addr, word) ?? 0) < WORD_BYTES) {
      task.trap = { vector: X86_TRAP_PF, errorCode: PF_USER | PF_WRITE, address: addr };
      return TRAP_EXCEPTION;
    }
    this.#frames.top.request = undefined;
    task.regs.ax = 0;
    task.kernel.onAccess?.(addr, WORD_BYTES, "atomic");
    return undefined;
  }

  /** A child runs the program from the start with the recorded answers, up to the fork. */
  #catchUp(child: Task): void {
    this.#task = child;
    const { ip, sp } = child.regs;
    this.#start(child);
    while (this.#replay.isCatchingUp) {
      const frame = this.#frames.top;
      if (!frame.isStarted) {
        this.#replayStep(frame, undefined);
        continue;
      }
      const event = this.#replay.next();
      if (event.kind === "answer") this.#replayStep(frame, event.answer);
      else if (event.kind === "return") this.#frames.pop();
      else {
        const handler = this.#handlers.get(event.address)!;
        this.#frames.push(child, this.#frame(handler(this.#sys, event.signo)));
      }
    }
    if (!this.#frames.top.isStarted) this.#replayStep(this.#frames.top, undefined);
    child.regs.ip = ip;
    child.regs.sp = sp;
  }

  #replayStep(frame: ProgramFrame, answer: number | undefined): void {
    const at = this.#player?.play(this) ?? frame.steps.next(answer as never);
    this.#record(frame, at);
    const { value } = at;
    frame.isStarted = true;
    // A clone that is replayed starts nothing.
    this.nextThread = undefined;
    if (value === this.syscallRequest) this.#replay.call(this.syscallRequest.load(new PtRegs()));
  }
}

/** What a thread, or the child of `spawn`, will run. */
interface NextThread {
  readonly program: Program;
  readonly argv: readonly string[];
  readonly isThread: boolean;
}

const NO_REQUEST =
  "a program may yield only what the calls of sys make: write `yield* sys.read(…)`, not `yield …`";

/** What runs where no code is: the first instruction cannot be fetched. */
function* crash(): Generator<UserRequest, undefined, never> {
  yield new AccessRequest(0, new Uint8Array(1), false);
  return undefined;
}
