import type {
  ChildStatus,
  FileStatus,
  InetAddress,
  ResourceUsage,
  SpawnActions,
  SystemInfo,
} from "../api-kernel.ts";
import { AT_EMPTY_PATH, AT_FDCWD } from "../include/uapi/fcntl.ts";
import { CLONE_VFORK, CLONE_VM } from "../include/uapi/sched.ts";
import { SA_RESTORER, SA_SIGINFO, SIGCHLD } from "../include/uapi/signal.ts";
import { getInt64, setInt64 } from "../mm/uaccess.ts";
import { type CallArgument, cString, fromUtf8, plainBytes } from "./marshal.ts";
import type { Handler, Program } from "./program.ts";
import type { ProgramContext } from "./program-context.ts";
import {
  AccessRequest,
  ATOMIC_ADD,
  ATOMIC_COMPARE_EXCHANGE,
  ATOMIC_EXCHANGE,
  AtomicRequest,
  ComputeRequest,
} from "./request.ts";
import { resourceUsage, sockaddrIn, systemInfo } from "./structs.ts";
import { type BytesOrErrno, type SysCall, SysPort } from "./sys-port.ts";
import { readVdsoClock } from "./vdso.ts";

const RESTORER = 0x401f00;
const PTR_BYTES = 8;
const SIGSET_BYTES = 8;

/**
 * The system calls as a program sees them: names and argument order of Linux, every one a `yield*`.
 *
 * A call answers Linux's number: the result, or a negative errno. Calls that deliver bytes answer a
 * `Uint8Array` or the negative errno. Buffers and texts pass through the program's real stack.
 */
export class Sys {
  readonly #port: SysPort;

  constructor(context: ProgramContext) {
    this.#port = new SysPort(context);
    Object.freeze(this);
  }

  /**
   * Any system call by name or number with raw arguments. Texts and bytes are put on the stack and passed as
   * pointers; what the kernel writes into bytes is copied back into the same array.
   */
  call(name: string | number, ...args: readonly CallArgument[]): SysCall {
    return this.#port.call(name, ...args);
  }

  // Processes.

  getpid(): SysCall {
    return this.#port.number(39);
  }

  gettid(): SysCall {
    return this.#port.number(186);
  }

  getppid(): SysCall {
    return this.#port.number(110);
  }

  /** Makes a child: 0 in the child, its pid in the parent. */
  fork(): SysCall {
    if (!this.#port.context.canFork) {
      throw new Error(
        "fork(): this program has made too many calls for a copy of it to be brought to this place; let it fork earlier, or use spawn()",
      );
    }
    return this.#port.number(57);
  }

  /** Starts `program` in a new thread of this process: its thread id. The thread ends when the program does. */
  *thread(program: Program, argv: readonly string[] = []): SysCall {
    this.#port.context.nextThread = { program, argv, isThread: true };
    return yield* this.#port.number(56, CLONE_THREAD_FLAGS, this.#port.context.threadStack());
  }

  /** fork and execve in one: the child's pid, or the errno with which execve failed. */
  *spawn(
    path: string,
    argv: readonly string[] = [path],
    env: Readonly<Record<string, string>> = this.#port.context.env,
    actions: SpawnActions = {},
  ): SysCall {
    this.#port.context.nextThread = {
      program: spawnChild(path, argv, env, actions),
      argv,
      isThread: false,
    };
    return yield* this.#port.number(56, CLONE_VFORK | CLONE_VM | SIGCHLD);
  }

  /** A child that borrows this program's memory until it has called execve or ended, and runs `program` in it. */
  *vfork(program: Program): SysCall {
    this.#port.context.nextThread = { program, argv: [], isThread: false };
    return yield* this.#port.number(56, CLONE_VFORK | CLONE_VM | SIGCHLD);
  }

  /** Answers only when it fails. */
  *execve(
    path: string,
    argv: readonly string[] = [path],
    env: Readonly<Record<string, string>> = this.#port.context.env,
  ): SysCall {
    const strings = [...argv, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
    const encoded = strings.map(cString);
    const table = new DataView(new ArrayBuffer((strings.length + 2) * PTR_BYTES));
    const place = (base: number) => {
      let at = base + table.byteLength;
      encoded.forEach((bytes, i) => {
        // Behind the arguments stands a NULL.
        setInt64(table, (i < argv.length ? i : i + 1) * PTR_BYTES, at);
        at += bytes.length;
      });
    };
    const size = encoded.reduce((sum, bytes) => sum + bytes.length, table.byteLength);
    const name = cString(path);
    return yield* this.#port.withBytes(name, (nameAddr) =>
      this.#port.withBytes(new Uint8Array(size), (base) =>
        this.#exec(base, place, table, encoded, nameAddr, argv.length),
      ),
    );
  }

  exit(status = 0): SysCall<never> {
    return this.#port.number(231, status) as SysCall<never>;
  }

  /** Waits for a child: what happened to it, or the negative errno. */
  *wait4(pid = -1, options = 0): SysCall<ChildStatus | number> {
    const addr = this.#port.context.pushStack(new Uint8Array(4));
    const answer = yield* this.#port.number(61, pid, addr, options, 0);
    const status =
      answer > 0 ? new DataView(this.#port.context.peek(addr, 4).buffer).getInt32(0, true) : 0;
    this.#port.context.popStack(4);
    return answer > 0 ? waitResult(answer, status) : answer;
  }

  kill(pid: number, signo: number): SysCall {
    return this.#port.number(62, pid, signo);
  }

  /** Sets what happens at `signo`: a handler function, or SIG_DFL (0) or SIG_IGN (1). */
  *sigaction(
    signo: number,
    handler: Handler | 0 | 1,
    flags = 0,
    mask: readonly number[] = [],
  ): SysCall {
    const action = new DataView(new ArrayBuffer(32));
    setInt64(
      action,
      0,
      typeof handler === "number" ? handler : this.#port.context.handlerAddress(handler),
    );
    setInt64(action, 8, (flags | SA_RESTORER | SA_SIGINFO) >>> 0);
    setInt64(action, 16, RESTORER);
    writeSigset(action, 24, mask);
    return yield* this.#port.withBytes(new Uint8Array(action.buffer), (addr) =>
      this.#port.number(13, signo, addr, 0, SIGSET_BYTES),
    );
  }

  /** SIG_BLOCK (0), SIG_UNBLOCK (1) or SIG_SETMASK (2). */
  *sigprocmask(how: number, signals: readonly number[]): SysCall {
    const set = new DataView(new ArrayBuffer(SIGSET_BYTES));
    writeSigset(set, 0, signals);
    return yield* this.#port.withBytes(new Uint8Array(set.buffer), (addr) =>
      this.#port.number(14, how, addr, 0, SIGSET_BYTES),
    );
  }

  pause(): SysCall {
    return this.#port.number(34);
  }

  setpgid(pid: number, pgid: number): SysCall {
    return this.#port.number(109, pid, pgid);
  }

  setsid(): SysCall {
    return this.#port.number(112);
  }

  sched_yield(): SysCall {
    return this.#port.number(24);
  }

  // Files.

  *openat(dirfd: number, path: string, flags = 0, mode = 0): SysCall {
    return yield* this.#port.withBytes(cString(path), (addr) =>
      this.#port.number(257, dirfd, addr, flags, mode),
    );
  }

  open(path: string, flags = 0, mode = 0): SysCall {
    return this.openat(AT_FDCWD, path, flags, mode);
  }

  close(fd: number): SysCall {
    return this.#port.number(3, fd);
  }

  read(fd: number, count: number): SysCall<BytesOrErrno> {
    return this.#port.read(fd, count);
  }

  write(fd: number, data: string | Uint8Array): SysCall {
    return this.#port.write(fd, data);
  }

  lseek(fd: number, offset: number, whence = 0): SysCall {
    return this.#port.number(8, fd, offset, whence);
  }

  dup(fd: number): SysCall {
    return this.#port.number(32, fd);
  }

  dup2(from: number, to: number): SysCall {
    return this.#port.number(33, from, to);
  }

  fcntl(fd: number, command: number, arg = 0): SysCall {
    return this.#port.number(72, fd, command, arg);
  }

  /** The two ends [read, write], or the negative errno. */
  *pipe2(flags = 0): SysCall<readonly [number, number] | number> {
    const view = yield* this.#port.fillStruct(8, (addr) => this.#port.number(293, addr, flags));
    return typeof view === "number" ? view : [view.getInt32(0, true), view.getInt32(4, true)];
  }

  *stat(path: string, flags = 0): SysCall<FileStatus | number> {
    return yield* this.#port.withBytes(cString(path), (name) => this.#stat(AT_FDCWD, name, flags));
  }

  *fstat(fd: number): SysCall<FileStatus | number> {
    return yield* this.#port.withBytes(cString(""), (name) => this.#stat(fd, name, AT_EMPTY_PATH));
  }

  *mkdir(path: string, mode = 0o777): SysCall {
    return yield* this.#port.withBytes(cString(path), (addr) => this.#port.number(83, addr, mode));
  }

  *rmdir(path: string): SysCall {
    return yield* this.#port.withBytes(cString(path), (addr) => this.#port.number(84, addr));
  }

  *unlink(path: string): SysCall {
    return yield* this.#port.withBytes(cString(path), (addr) => this.#port.number(87, addr));
  }

  link(from: string, to: string): SysCall {
    return this.#twoPaths(86, from, to);
  }

  symlink(target: string, path: string): SysCall {
    return this.#twoPaths(88, target, path);
  }

  rename(from: string, to: string): SysCall {
    return this.#twoPaths(82, from, to);
  }

  *readlink(path: string): SysCall<string | number> {
    const bytes = yield* this.#port.withBytes(cString(path), (name) =>
      this.#port.fill(4096, (addr) => this.#port.number(89, name, addr, 4096)),
    );
    return typeof bytes === "number" ? bytes : fromUtf8(bytes);
  }

  *chdir(path: string): SysCall {
    return yield* this.#port.withBytes(cString(path), (addr) => this.#port.number(80, addr));
  }

  *getcwd(): SysCall<string | number> {
    const bytes = yield* this.#port.fill(4096, (addr) => this.#port.number(79, addr, 4096));
    return typeof bytes === "number" ? bytes : fromUtf8(bytes.subarray(0, bytes.length - 1));
  }

  *chmod(path: string, mode: number): SysCall {
    return yield* this.#port.withBytes(cString(path), (addr) => this.#port.number(90, addr, mode));
  }

  /** The names in an open directory, in its order, without `.` and `..`; [] at the end. */
  *readdir(fd: number): SysCall<readonly string[] | number> {
    const names: string[] = [];
    for (;;) {
      const bytes = yield* this.#port.fill(4096, (addr) => this.#port.number(217, fd, addr, 4096));
      if (typeof bytes === "number") return bytes;
      if (bytes.length === 0) return names;
      for (const name of direntNames(bytes)) if (name !== "." && name !== "..") names.push(name);
    }
  }

  ioctl(fd: number, request: number, arg = 0): SysCall {
    return this.#port.number(16, fd, request, arg);
  }

  // Memory.

  mmap(addr: number, length: number, prot: number, flags: number, fd = -1, offset = 0): SysCall {
    return this.#port.number(9, addr, length, prot, flags, fd, offset);
  }

  munmap(addr: number, length: number): SysCall {
    return this.#port.number(11, addr, length);
  }

  mprotect(addr: number, length: number, prot: number): SysCall {
    return this.#port.number(10, addr, length, prot);
  }

  brk(addr: number): SysCall {
    return this.#port.number(12, addr);
  }

  /** Loads `n` bytes as the processor does: where nothing is mapped, the program gets SIGSEGV. */
  *load(addr: number, n: number): SysCall<Uint8Array> {
    const request = new AccessRequest(addr, new Uint8Array(n), false);
    yield request;
    // What it found then: another thread may have stored something since.
    return this.#port.context.loaded(request);
  }

  /** Stores bytes as the processor does. */
  *store(addr: number, bytes: Uint8Array): SysCall<void> {
    yield new AccessRequest(addr, plainBytes(bytes), true);
  }

  /** Adds to a word of 32 bits in one step, as `lock xadd` does; answers what it was. */
  fetchAdd(addr: number, n: number): SysCall {
    return this.#atomic(new AtomicRequest(addr, ATOMIC_ADD, n));
  }

  /** Stores a word and answers what it was, in one step. */
  exchange(addr: number, value: number): SysCall {
    return this.#atomic(new AtomicRequest(addr, ATOMIC_EXCHANGE, value));
  }

  /** Stores `value` where `expected` is, in one step; answers what was there. */
  compareExchange(addr: number, expected: number, value: number): SysCall {
    return this.#atomic(new AtomicRequest(addr, ATOMIC_COMPARE_EXCHANGE, value, expected));
  }

  *#atomic(request: AtomicRequest): SysCall {
    yield request;
    return this.#port.context.replaced(request);
  }

  // Time.

  /** Computes for `ns` of virtual time in user mode. */
  *compute(ns: number): SysCall<void> {
    yield new ComputeRequest(ns);
  }

  *nanosleep(ns: number): SysCall {
    const time = new DataView(new ArrayBuffer(16));
    setInt64(time, 0, Math.floor(ns / 1e9));
    setInt64(time, 8, ns % 1e9);
    return yield* this.#port.withBytes(new Uint8Array(time.buffer), (addr) =>
      this.#port.number(35, addr, 0),
    );
  }

  /** Ns of a clock: CLOCK_REALTIME is 0, CLOCK_MONOTONIC 1. */
  *clock_gettime(clock = 1): SysCall {
    const view = yield* this.#port.fillStruct(16, (addr) => this.#port.number(228, clock, addr));
    return typeof view === "number" ? view : getInt64(view, 0) * 1e9 + getInt64(view, 8);
  }

  /** The same by the vDSO: read from the kernel's data in the program's own memory. */
  *vdso_clock_gettime(clock = 1): SysCall {
    const ns = yield* readVdsoClock(this.#port, clock);
    return ns === undefined ? yield* this.clock_gettime(clock) : ns;
  }

  // Accounts.

  /** RUSAGE_SELF (0), RUSAGE_CHILDREN (-1) or RUSAGE_THREAD (1). */
  *getrusage(who = 0): SysCall<ResourceUsage | number> {
    const view = yield* this.#port.fillStruct(144, (addr) => this.#port.number(98, who, addr));
    return typeof view === "number" ? view : resourceUsage(view);
  }

  *sysinfo(): SysCall<SystemInfo | number> {
    const view = yield* this.#port.fillStruct(112, (addr) => this.#port.number(99, addr));
    return typeof view === "number" ? view : systemInfo(view);
  }

  // Sockets.

  socket(family: number, type: number, protocol = 0): SysCall {
    return this.#port.number(41, family, type, protocol);
  }

  *bind(fd: number, address: InetAddress): SysCall {
    const bytes = sockaddrIn(address);
    return yield* this.#port.withBytes(bytes, (addr) =>
      this.#port.number(49, fd, addr, bytes.length),
    );
  }

  listen(fd: number, backlog = 128): SysCall {
    return this.#port.number(50, fd, backlog);
  }

  *#exec(
    base: number,
    place: (base: number) => void,
    table: DataView,
    encoded: readonly Uint8Array[],
    nameAddr: number,
    argc: number,
  ): SysCall {
    place(base);
    yield* this.store(base, new Uint8Array(table.buffer));
    let at = base + table.byteLength;
    for (const bytes of encoded) {
      yield* this.store(at, bytes);
      at += bytes.length;
    }
    return yield* this.#port.number(59, nameAddr, base, base + (argc + 1) * PTR_BYTES);
  }

  *#stat(dirfd: number, name: number, flags: number): SysCall<FileStatus | number> {
    const view = yield* this.#port.fillStruct(144, (addr) =>
      this.#port.number(262, dirfd, name, addr, flags),
    );
    return typeof view === "number" ? view : statResult(view);
  }

  *#twoPaths(nr: number, from: string, to: string): SysCall {
    return yield* this.#port.withBytes(cString(from), (a) =>
      this.#port.withBytes(cString(to), (b) => this.#port.number(nr, a, b)),
    );
  }
}

/** CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM. */
const CLONE_THREAD_FLAGS = 0x50f00;

function spawnChild(
  path: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  actions: SpawnActions,
): Program {
  return function* child(sys) {
    if (actions.pgid !== undefined) yield* sys.setpgid(0, actions.pgid);
    for (const [to, from] of Object.entries(actions.fds ?? {})) yield* sys.dup2(from, Number(to));
    for (const fd of actions.close ?? []) yield* sys.close(fd);
    yield* sys.execve(path, argv, env);
    // 126: found but not to be run, 127: not found, as shells have it.
    yield* sys.exit(127);
  };
}

function waitResult(pid: number, status: number): ChildStatus {
  const low = status & 0x7f;
  return Object.freeze({
    pid,
    status,
    exited: low === 0 ? (status >> 8) & 0xff : undefined,
    signaled: low !== 0 && low !== 0x7f ? low : undefined,
    stopped: (status & 0xff) === 0x7f ? (status >> 8) & 0xff : undefined,
    continued: status === 0xffff,
  });
}

/** @linux arch/x86/include/uapi/asm/stat.h `struct stat` (6.18) */
function statResult(view: DataView): FileStatus {
  return Object.freeze({
    dev: getInt64(view, 0),
    ino: getInt64(view, 8),
    nlink: getInt64(view, 16),
    mode: view.getUint32(24, true),
    uid: view.getUint32(28, true),
    gid: view.getUint32(32, true),
    rdev: getInt64(view, 40),
    size: getInt64(view, 48),
    blocks: getInt64(view, 64),
    mtimeNs: getInt64(view, 88) * 1e9 + getInt64(view, 96),
  });
}

function direntNames(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const names: string[] = [];
  for (let at = 0; at < bytes.length; at += view.getUint16(at + 16, true)) {
    const end = bytes.indexOf(0, at + 19);
    names.push(fromUtf8(bytes.subarray(at + 19, end)));
  }
  return names;
}

function writeSigset(view: DataView, at: number, signals: readonly number[]): void {
  for (const signo of signals) {
    const byte = at + ((signo - 1) >> 3);
    view.setUint8(byte, view.getUint8(byte) | (1 << ((signo - 1) & 7)));
  }
}
