import { vvarOf } from "../arch/x86/entry/vdso/vma.ts";
import { PtRegs } from "../arch/x86/pt-regs.ts";
import { PF_USER, PF_WRITE } from "../hw/mmu.ts";
import type { Task } from "../kernel/task.ts";
import { TSC_PER_NS } from "../kernel/time/vsyscall.ts";
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
import { plainBytes } from "./marshal.ts";
import type { Handler, Program, UserRequest } from "./program.ts";
import {
  ANSWER,
  HANDLER,
  isCall,
  isEnd,
  LOADED,
  NAME_HANDLER,
  NEXT_THREAD,
  PEEK,
  POP,
  ProgramRecord,
  PUSH,
  REPLACED,
  RESERVE,
  RETURN,
  type RecordReader,
  THREAD_STACK,
  THROW,
} from "./record.ts";
import {
  AccessRequest,
  AtomicRequest,
  ComputeRequest,
  CounterRequest,
  type MachineRequest,
  SyscallRequest,
} from "./request.ts";
import { Sys } from "./sys.ts";
import { nothing, type PlayedProgram, type Tape, TapePlayer } from "./tape.ts";

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
/** So many bytes are copied one by one. */
const SHORT = 32;

interface ProgramFrame extends UserFrame {
  readonly steps: Generator<UserRequest, unknown, never>;
  /** Its `next`: generators of many functions have it from as many prototypes. Undefined: the program is no generator. */
  readonly next: Generator<UserRequest, unknown, never>["next"] | undefined;
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
  /** The request object that `sys` fills; it is copied into the registers at once. */
  readonly syscallRequest = new SyscallRequest();
  /** What a program yields that makes a system call: always this. */
  readonly syscallTrap: IteratorYieldResult<UserRequest> = Object.freeze({
    done: false,
    value: this.syscallRequest,
  });
  /** What the child of the next clone runs instead of a copy of this program: a thread, or `spawn`. */
  #nextThread: NextThread | undefined = undefined;
  readonly #tape: Tape | TapePlayer | undefined;
  /** What the program does and learns. */
  readonly #record: ProgramRecord | undefined;
  /** Instead of that: what it did in a machine that runs again. */
  readonly #played: PlayedProgram | undefined;
  /** While a child of fork is brought to where its parent stands: what that one has learnt. */
  #learnt: RecordReader | undefined = undefined;
  /** Handlers that a thread begins with. */
  readonly #inherited: ReadonlyMap<number, Handler>;
  #own: Uint8Array | undefined = undefined;
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
    tape?: Tape | TapePlayer,
    origin?: ProgramRecord,
    inherited: ReadonlyMap<number, Handler> = NO_HANDLERS,
  ) {
    this.program = program;
    this.argv = Object.freeze([...argv]);
    this.env = Object.freeze({ ...env });
    this.#tape = tape;
    const isPlayed = tape instanceof TapePlayer;
    this.#played = isPlayed ? tape.nextProgram() : undefined;
    this.#record = isPlayed ? undefined : (tape?.newRecord(origin) ?? new ProgramRecord(origin));
    this.#inherited = inherited;
    for (const [address, handler] of inherited) this.#handlers.set(address, handler);
    this.#sys = new Sys(this);
  }

  /** The task that runs now: `sys` works on its memory and registers. */
  get task(): Task {
    return this.#task!;
  }

  run(task: Task): Trap {
    this.#task = task;
    const { running } = this.#frames;
    // Mostly it goes on behind its last system call.
    if (running !== undefined && running.ip === task.regs.ip && running.request === undefined) {
      return this.#advance(task, running, task.regs.ax);
    }
    return this.#runElse(task);
  }

  /** It begins, a handler starts or ends, a call or an access is made again. */
  #runElse(task: Task): Trap {
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
      const { program, argv, isThread } = nextThread;
      const handlers = new Map(this.#handlers);
      const thread = new ProgramContext(program, argv, this.env, this.#tape, undefined, handlers);
      thread.#isThread = isThread;
      return thread;
    }
    const { program, argv, env } = this;
    const record = this.#record;
    const copy = new ProgramContext(program, argv, env, this.#tape, record, this.#inherited);
    if (record === undefined) copy.#goOnLike(this);
    else copy.#catchUp(child, record.read());
    return copy;
  }

  get nextThread(): NextThread | undefined {
    return this.#nextThread;
  }

  set nextThread(next: NextThread | undefined) {
    if (next !== undefined) this.#note(NEXT_THREAD, next.isThread ? 1 : 0);
    this.#nextThread = next;
  }

  /** Registers a handler function and answers its address. */
  handlerAddress(handler: Handler): number {
    for (const [address, known] of this.#handlers) if (known === handler) return address;
    this.#note(NAME_HANDLER, 0);
    const address = HANDLER_BASE + this.#handlers.size * HANDLER_BYTES;
    this.#handlers.set(address, handler);
    return address;
  }

  /** Bytes of the program's memory as its code sees them after a call, from the record while a child catches up. */
  peek(addr: number, n: number): Uint8Array {
    if (this.#learnt !== undefined) {
      this.#expect(PEEK).number();
      return this.#learnt.bytes(this.#learnt.value);
    }
    const bytes = new Uint8Array(n);
    this.task.mm?.copyFromUser(addr, bytes);
    this.#record?.peek(addr, bytes);
    return bytes;
  }

  /** The bytes that a load has found when it was made. */
  loaded(request: AccessRequest): Uint8Array {
    if (this.#learnt !== undefined) {
      this.#expect(LOADED).number();
      return this.#learnt.bytes(this.#learnt.value);
    }
    const { bytes } = AccessRequest.parts(request);
    this.#record?.loaded(bytes);
    return bytes.slice();
  }

  /** What the word of an atomic operation was before it. */
  replaced(request: AtomicRequest): number {
    if (this.#learnt !== undefined) return this.#expect(REPLACED).value;
    const old = AtomicRequest.old(request);
    this.#record?.put(REPLACED, old);
    return old;
  }

  /** What the time-stamp counter was when it was read. */
  counted(request: CounterRequest): number {
    if (this.#learnt !== undefined) return this.#expect(REPLACED).value;
    const cycles = CounterRequest.cycles(request);
    this.#record?.put(REPLACED, cycles);
    return cycles;
  }

  /** Where the kernel's data for the vDSO lie; 0 when the process has none. */
  get vvar(): number {
    const { mm } = this.task;
    return mm === undefined ? 0 : (vvarOf(mm) ?? 0);
  }

  /** The `n` bytes of a program's array in an array of our own, where they stay until the next ones come. */
  ownBytes(bytes: Uint8Array, n: number): Uint8Array {
    if (n > SHORT) return plainBytes(bytes);
    this.#own ??= new Uint8Array(SHORT);
    const own = this.#own;
    for (let i = 0; i < n; i++) own[i] = bytes[i]!;
    return own;
  }

  /** Puts the first `n` bytes of an array on the program's stack and answers their address; `popStack` gives the room back. */
  pushStack(bytes: Uint8Array, n = bytes.length): number {
    if (this.#learnt !== undefined) return this.#learntAddress(PUSH);
    const { regs, mm } = this.task;
    const sp = regs.sp - ((n + 15) & ~15);
    regs.sp = sp;
    mm?.copyToUser(sp, bytes, n);
    this.#record?.push(sp, bytes, n);
    return sp;
  }

  /** Makes room for `n` bytes on the program's stack, zeros. */
  reserveStack(n: number): number {
    if (n < 0 || n > STACK_BYTES_MAX) throw new RangeError(`no buffer has ${n} bytes`);
    if (this.#learnt !== undefined) return this.#learntAddress(RESERVE);
    const { regs, mm } = this.task;
    const sp = regs.sp - ((n + 15) & ~15);
    regs.sp = sp;
    mm?.clearUser(sp, n);
    this.#record?.reserve(n, sp);
    return sp;
  }

  popStack(n: number): void {
    if (this.#learnt !== undefined) {
      this.#expect(POP);
      return;
    }
    this.#record?.put(POP, n);
    this.task.regs.sp += (n + 15) & ~15;
  }

  /** A stack for a new thread: a stretch of the main stack, far below its top. */
  threadStack(): number {
    this.#note(THREAD_STACK, 0);
    this.#threads++;
    return this.task.mm!.startStack - this.#threads * THREAD_STACK_BYTES;
  }

  /** Whether `fork` is still possible: not after some million calls. */
  get canFork(): boolean {
    return this.#record?.isWhole !== false;
  }

  /** Records what the program does by itself; a child that catches up must do the same. */
  #note(kind: number, value: number): void {
    if (this.#learnt !== undefined) this.#expect(kind);
    else this.#record?.put(kind, value);
  }

  /** The next entry of what the parent has learnt: it must be of this kind. */
  #expect(kind: number): RecordReader {
    const learnt = this.#learnt!;
    if (!learnt.next() || learnt.kind !== kind) throw new Error(NO_FUNCTION);
    return learnt;
  }

  /** The address that the parent got. */
  #learntAddress(kind: number): number {
    const learnt = this.#expect(kind);
    const address = learnt.number();
    if (kind === PUSH) learnt.bytes(learnt.value);
    return address;
  }

  #start(task: Task): void {
    const isPlayed = this.#played !== undefined;
    const steps = isPlayed ? nothing() : this.program(this.#sys, this.argv, this.env);
    this.#frames.push(task, this.#frame(steps));
  }

  #frame(steps: Generator<UserRequest, unknown, never>, isOwn = false): ProgramFrame {
    const next = steps?.next;
    const ip = this.#frames.nextIp();
    return { ip, steps, next, request: undefined, isStarted: false, isOwn };
  }

  #startHandler(task: Task): void {
    const { regs } = task;
    const handler = this.#handlers.get(regs.ip);
    if (handler === undefined) {
      // The program has let its registers point to where no code is.
      this.#frames.push(task, this.#frame(crash(), true));
      return;
    }
    this.#record?.handler(regs.ip, regs.di);
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
    const record = frame.isOwn ? undefined : this.#record;
    let at: IteratorResult<UserRequest, unknown>;
    try {
      if (frame.isStarted && record !== undefined) record.answer(answer);
      at =
        this.#played === undefined || frame.isOwn
          ? nextStretch(frame, frame.isStarted ? answer : undefined)
          : this.#played.play(this);
      frame.isStarted = true;
    } catch (error) {
      return this.#threw(task, frame, record, error);
    }
    if (at.value === this.syscallRequest && at.done !== true) {
      frame.request = undefined;
      this.syscallRequest.load(task.regs);
      if (record !== undefined) record.call(task.regs);
      return TRAP_SYSCALL;
    }
    return this.#endStretch(task, frame, record, at);
  }

  #threw(task: Task, frame: ProgramFrame, record: ProgramRecord | undefined, error: unknown): Trap {
    if (isMachineStop(error)) throw error;
    record?.put(THROW, 0);
    this.thrown ??= { error };
    return this.#call(task, frame, NR_EXIT_GROUP, 128 + NR_KILL_ABORT);
  }

  /** The end of a stretch that is no system call. */
  #endStretch(
    task: Task,
    frame: ProgramFrame,
    record: ProgramRecord | undefined,
    at: IteratorResult<UserRequest, unknown>,
  ): Trap {
    record?.end(at);
    if (at.done === true) return this.#end(task, frame, at.value);
    const request = at.value as MachineRequest;
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

  /** The end of a frame: of main the process ends, of a handler what it interrupted goes on. */
  #end(task: Task, frame: ProgramFrame, value: unknown): Trap {
    if (this.#frames.depth > 1) {
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
      if (request instanceof CounterRequest) {
        CounterRequest.take(request, task.kernel.now() * TSC_PER_NS);
      }
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
  #catchUp(child: Task, learnt: RecordReader): void {
    this.#task = child;
    this.#learnt = learnt;
    const { ip, sp } = child.regs;
    this.#start(child);
    this.#repeatStretch(this.#frames.top, undefined);
    while (learnt.next()) {
      if (learnt.kind === ANSWER) this.#repeatStretch(this.#frames.top, learnt.value);
      else if (learnt.kind === HANDLER) {
        const signo = learnt.value;
        const handler = this.#handlers.get(learnt.number())!;
        this.#frames.push(child, this.#frame(handler(this.#sys, signo)));
        this.#repeatStretch(this.#frames.top, undefined);
      } else throw new Error(NO_FUNCTION);
    }
    this.#learnt = undefined;
    child.regs.ip = ip;
    child.regs.sp = sp;
  }

  /** Runs the program up to the end of its next stretch, which must be what it was then. */
  #repeatStretch(frame: ProgramFrame, answer: number | undefined): void {
    const at = nextStretch(frame, answer);
    frame.isStarted = true;
    // A clone that is replayed starts nothing.
    this.#nextThread = undefined;
    const learnt = this.#learnt!;
    if (!learnt.next() || !isEnd(learnt.kind)) throw new Error(NO_FUNCTION);
    if (at.done === true) {
      if (learnt.kind !== RETURN) throw new Error(NO_FUNCTION);
      this.#frames.pop();
      return;
    }
    const { value } = at;
    const isCalling = value === this.syscallRequest;
    if (isCalling !== isCall(learnt.kind)) throw new Error(NO_FUNCTION);
    if (isCalling && this.syscallRequest.load(new PtRegs()) !== learnt.value) {
      throw new Error(NO_FUNCTION);
    }
    frame.request =
      value instanceof AccessRequest || value instanceof AtomicRequest ? value : undefined;
    learnt.skip();
  }

  /** In a machine that runs again a child of fork stands where its parent does: neither runs code of its own. */
  #goOnLike(parent: ProgramContext): void {
    for (const frame of parent.#frames.all()) this.#frames.add({ ...frame, steps: nothing() });
    for (const [address, handler] of parent.#handlers) this.#handlers.set(address, handler);
    this.#threads = parent.#threads;
  }
}

const NO_HANDLERS: ReadonlyMap<number, Handler> = new Map();

const NO_FUNCTION =
  "fork(): run again for the child, the program did something else than before. A program must depend on its arguments (sys, argv, env) alone: it may not change variables outside itself.";

function nextStretch(
  { steps, next }: ProgramFrame,
  answer: number | undefined,
): IteratorResult<UserRequest, unknown> {
  return next === undefined ? steps.next(answer as never) : next.call(steps, answer as never);
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
