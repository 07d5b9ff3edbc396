/**
 * The kernel's part of the public face of the simulator: machines run programs, and let them be looked at.
 */

/** What a program yields: made by the calls of `sys` only. */
export type UserRequest = object;

/**
 * A user program. Every `yield*` is a trap into the kernel. It must depend on its arguments alone, since
 * fork() makes the child by running it again with the answers it got so far.
 */
export type UserProgram = (
  sys: SystemCalls,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
) => Generator<UserRequest, unknown, never>;

/** A signal handler; it may make system calls. */
export type SignalHandler = (
  sys: SystemCalls,
  signo: number,
) => Generator<UserRequest, unknown, never>;

/** A call on its way: `yield*` makes it. */
export type SystemCall<T = number> = Generator<UserRequest, T, number>;

/** What wait4 found out about a child. */
export interface ChildStatus {
  readonly pid: number;
  /** The raw status word of wait(2). */
  readonly status: number;
  readonly exited: number | undefined;
  readonly signaled: number | undefined;
  readonly stopped: number | undefined;
  readonly continued: boolean;
}

/** The fields of `struct stat` that programs ask for. */
export interface FileStatus {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blocks: number;
  readonly mtimeNs: number;
}

/** What getrusage found: `struct rusage` without the fields that Linux leaves 0. Times are whole microseconds. */
export interface ResourceUsage {
  readonly utimeNs: number;
  readonly stimeNs: number;
  /** The most memory it ever held, in KiB. */
  readonly maxrssKiB: number;
  /** Page faults that needed no device, and those that did. */
  readonly minflt: number;
  readonly majflt: number;
  /** Switches away because it waited, and because another one was due. */
  readonly nvcsw: number;
  readonly nivcsw: number;
}

/** What sysinfo answers about memory and load. */
export interface SystemInfo {
  readonly uptimeSeconds: number;
  readonly totalramBytes: number;
  readonly freeramBytes: number;
  readonly procs: number;
}

/** An address of the Internet: port, and a dotted address; without one, all of this machine's. */
export interface InetAddress {
  readonly port: number;
  readonly addr?: string;
}

/** What the child of spawn() does before it becomes the new program. */
export interface SpawnActions {
  /** dup2 from the second to the first, for each entry in order. */
  readonly fds?: Readonly<Record<number, number>>;
  readonly close?: readonly number[];
  /** setpgid(0, pgid). */
  readonly pgid?: number;
}

/**
 * The system calls, under Linux's names and with Linux's answers: the result, or a negative errno. Calls that
 * deliver bytes answer a `Uint8Array` or the negative errno.
 */
export interface SystemCalls {
  /**
   * Any system call by name or number with raw arguments. Texts and bytes are put on the program's stack;
   * what the kernel writes into bytes is copied back.
   */
  call(
    name: string | number,
    ...args: readonly (number | bigint | string | Uint8Array | null | undefined)[]
  ): SystemCall;

  getpid(): SystemCall;
  gettid(): SystemCall;
  getppid(): SystemCall;
  /** 0 in the child, its pid in the parent. */
  fork(): SystemCall;
  /** A new thread of this process; answers its id. */
  thread(program: UserProgram, argv?: readonly string[]): SystemCall;
  /** A child that runs another program: its pid. */
  spawn(
    path: string,
    argv?: readonly string[],
    env?: Readonly<Record<string, string>>,
    actions?: SpawnActions,
  ): SystemCall;
  /** Answers only when it fails. */
  execve(
    path: string,
    argv?: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): SystemCall;
  exit(status?: number): SystemCall<never>;
  wait4(pid?: number, options?: number): SystemCall<ChildStatus | number>;
  kill(pid: number, signo: number): SystemCall;
  /** A handler function, or SIG_DFL or SIG_IGN. */
  sigaction(
    signo: number,
    handler: SignalHandler | 0 | 1,
    flags?: number,
    mask?: readonly number[],
  ): SystemCall;
  /** SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK. */
  sigprocmask(how: number, signals: readonly number[]): SystemCall;
  pause(): SystemCall;
  setpgid(pid: number, pgid: number): SystemCall;
  setsid(): SystemCall;
  sched_yield(): SystemCall;

  openat(dirfd: number, path: string, flags?: number, mode?: number): SystemCall;
  open(path: string, flags?: number, mode?: number): SystemCall;
  close(fd: number): SystemCall;
  read(fd: number, count: number): SystemCall<Uint8Array | number>;
  write(fd: number, data: string | Uint8Array): SystemCall;
  lseek(fd: number, offset: number, whence?: number): SystemCall;
  dup(fd: number): SystemCall;
  dup2(from: number, to: number): SystemCall;
  fcntl(fd: number, command: number, arg?: number): SystemCall;
  /** [read end, write end]. */
  pipe2(flags?: number): SystemCall<readonly [number, number] | number>;
  stat(path: string, flags?: number): SystemCall<FileStatus | number>;
  fstat(fd: number): SystemCall<FileStatus | number>;
  mkdir(path: string, mode?: number): SystemCall;
  rmdir(path: string): SystemCall;
  unlink(path: string): SystemCall;
  link(from: string, to: string): SystemCall;
  symlink(target: string, path: string): SystemCall;
  rename(from: string, to: string): SystemCall;
  readlink(path: string): SystemCall<string | number>;
  chdir(path: string): SystemCall;
  getcwd(): SystemCall<string | number>;
  chmod(path: string, mode: number): SystemCall;
  /** All names of an open directory. */
  readdir(fd: number): SystemCall<readonly string[] | number>;
  ioctl(fd: number, request: number, arg?: number): SystemCall;

  mmap(
    addr: number,
    length: number,
    prot: number,
    flags: number,
    fd?: number,
    offset?: number,
  ): SystemCall;
  munmap(addr: number, length: number): SystemCall;
  mprotect(addr: number, length: number, prot: number): SystemCall;
  brk(addr: number): SystemCall;
  /** Loads bytes as the processor does: SIGSEGV where nothing is mapped. */
  load(addr: number, n: number): SystemCall<Uint8Array>;
  store(addr: number, bytes: Uint8Array): SystemCall<void>;

  /** Adds to a word of 32 bits in one step, as `lock xadd` does; answers what it was, signed. */
  fetchAdd(addr: number, n: number): SystemCall;
  /** Stores a word of 32 bits and answers what it was, in one step. */
  exchange(addr: number, value: number): SystemCall;
  /** Stores `value` where `expected` is, in one step; answers what was there. */
  compareExchange(addr: number, expected: number, value: number): SystemCall;

  /** Computes for so many ns in user mode. */
  compute(ns: number): SystemCall<void>;
  nanosleep(ns: number): SystemCall;
  /** Ns of a clock: CLOCK_REALTIME 0, CLOCK_MONOTONIC 1. */
  clock_gettime(clock?: number): SystemCall;
  /**
   * The same without a system call, as a C library does it: by the vDSO's function, which reads data of the kernel's in
   * the program's own memory and the counter of the processor. A clock that only the kernel knows costs a call.
   */
  vdso_clock_gettime(clock?: number): SystemCall;

  /** Of RUSAGE_SELF (the default), RUSAGE_CHILDREN or RUSAGE_THREAD. */
  getrusage(who?: number): SystemCall<ResourceUsage | number>;
  sysinfo(): SystemCall<SystemInfo | number>;
  socket(family: number, type: number, protocol?: number): SystemCall;
  /** Gives an AF_INET socket its address. */
  bind(fd: number, address: InetAddress): SystemCall;
  listen(fd: number, backlog?: number): SystemCall;
}

/** How a program is started from outside. */
export interface SpawnOptions {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  /**
   * Machine code begins with a shadow stack, as if its loader had asked for one by
   * arch_prctl(ARCH_SHSTK_ENABLE, ARCH_SHSTK_SHSTK). Linux has it for 64-bit programs only, this machine for 32-bit ones.
   */
  readonly shadowStack?: boolean;
  /**
   * A device behind descriptor 1, as slow or as faulty as you like: it is given what is written, and answers how many
   * bytes of it it takes, or a negative errno.
   */
  readonly stdout?: (bytes: Uint8Array) => number;
  /** -20 to 19. */
  readonly nice?: number;
}

/** A process, seen from outside the machine. */
export interface Process {
  readonly pid: number;
  readonly comm: string;
  /** Linux's letter: R, S, D, T, Z, X. */
  readonly state: string;
  /** The exit status once it has ended by itself. */
  readonly exited: number | undefined;
  /** The signal that ended it. */
  readonly signaled: number | undefined;
  /** What a TypeScript program returned. */
  readonly returned: unknown;
  /** What it has written to its standard output and error, when these are the console. */
  readonly output: string;
  /** Its mappings, as /proc/PID/maps shows them; empty when it has ended. */
  readonly maps: string;
  /** What the dynamic linker has loaded, the program first: the order in which symbols are searched. */
  readonly libraries: readonly LoadedLibrary[];
  /** Which definition each reference got so far, as LD_DEBUG=bindings tells it. */
  readonly bindings: readonly SymbolBinding[];
  /** What the processor holds for it, when it runs machine code. */
  registers(): Registers | undefined;
  /**
   * `n` bytes of its memory from `address` on; undefined where nothing is mapped. To look does not touch: a page
   * that no access has filled yet is read from its file, or as zeros, and stays away.
   */
  memory(address: number, n: number): Uint8Array | undefined;
  /**
   * Changes its memory now, as another thread of it on another CPU would; answers how many bytes it could write.
   */
  store(address: number, bytes: Uint8Array): number;
}

/** A file that the dynamic linker has loaded. */
export interface LoadedLibrary {
  /** The path by which it was found; of the program, its argv[0]. */
  readonly name: string;
  /** What was added to the file's addresses. */
  readonly base: number;
  /** The libraries that it names itself (DT_NEEDED). */
  readonly needed: readonly string[];
}

/** A reference to a symbol that the dynamic linker has bound. */
export interface SymbolBinding {
  readonly symbol: string;
  /** The file that refers to it. */
  readonly from: string;
  /** The file that defines it; undefined for a weak reference that nobody defines. */
  readonly to: string | undefined;
  /** The files that were searched, in their order: the last one has it. */
  readonly tried: readonly string[];
  /** The definition is weak; which makes no difference. */
  readonly isWeak: boolean;
  /** Before the program began, or at the first call of a function. */
  readonly when: "startup" | "call";
  /** The word that holds the address now. */
  readonly place: number;
  readonly address: number;
}

/** A program of i386 machine code, linked: an executable file. */
export interface MachineProgram {
  readonly name: string;
  /** Where it begins. */
  readonly entry: number;
  /** The addresses of its labels. */
  readonly symbols: Readonly<Record<string, number>>;
  readonly instructions: readonly MachineInstruction[];
  /** The listing, as `objdump -d` prints it. */
  text(): string;
  /** The ELF file. */
  bytes(): Uint8Array;
}

export interface MachineInstruction {
  readonly address: number;
  readonly text: string;
  /** The label that is at this address. */
  readonly label: string | undefined;
  /** The line of the source, from 1. */
  readonly line: number | undefined;
}

export interface AssembleOptions {
  /** Default "att". */
  readonly syntax?: "att" | "intel";
  /** The name of the file and of the process. Default "a.out". */
  readonly name?: string;
  /**
   * Shared libraries to link against, in the order in which the dynamic linker will search them: what `i386.library`
   * has made, or names ("libm.so"), of which nothing is checked. The program then needs /lib/ld-linux.so.2, which
   * every machine has, and its libraries in /lib, /usr/lib, `runpath` or LD_LIBRARY_PATH.
   */
  readonly needed?: readonly (MachineProgram | string)[];
  /** Whether functions are bound at their first call or before the program begins (`-z now`). Default "lazy". */
  readonly bind?: "lazy" | "now";
  /** Directories in which the dynamic linker looks for `needed` before /lib (DT_RUNPATH). */
  readonly runpath?: readonly string[];
  /** The dynamic linker (PT_INTERP). Default "/lib/ld-linux.so.2". */
  readonly interpreter?: string;
}

export interface LibraryOptions extends AssembleOptions {
  /** The name under which programs need it (DT_SONAME). Default: `name`. */
  readonly soname?: string;
  /**
   * Versions of its symbols, as a linker's version script has them: `{ V1: ["f"] }`. Older versions of the same name
   * are written into the text: `.symver old_f, f@V0`.
   */
  readonly versions?: Readonly<Record<string, readonly string[]>>;
}

/** The global `i386`: machine code for the processor that the machine has. */
export interface I386Toolkit {
  /**
   * Assembles and links what GNU as reads: `i386.asm\`mov $1, %eax; int $0x80\``. Numbers may be interpolated.
   * The program begins at `_start`, or at its first instruction. Throws a SyntaxError that names line and column.
   */
  asm(
    text: TemplateStringsArray | string,
    ...values: readonly (number | bigint | string)[]
  ): MachineProgram;
  assemble(text: string, options?: AssembleOptions): MachineProgram;
  /**
   * A shared library (ET_DYN): its `.globl` and `.weak` symbols are seen by others, but `.hidden` ones. Calls by
   * `call f@PLT` and data by `x@GOT(%ebx)` or `x@GOTOFF(%ebx)`, with the table's address in %ebx, keep its text as it
   * is in the file; plain addresses in the text have to be changed there when it is loaded (DT_TEXTREL), so that these
   * pages are no longer shared. Put it where programs find it: `machine.install("/lib/libx.so", library)`.
   * Functions called `_init` and `_fini` and those in the sections `.init_array` and `.fini_array` are called before and
   * after the program; a program that needs "ld-linux.so.2" can call dlopen, dlsym, dlvsym, dlclose and dlerror.
   * In /proc/PID/smaps pages of files on the root, which is a tmpfs, count as dirty; those of a disk do not.
   */
  library(text: string, options?: LibraryOptions): MachineProgram;
  /** One way into the kernel and back, step by step. */
  entrySteps(options?: EntryStepsOptions): readonly EntryMoment[];
}

/** Registers of an i386 in user mode; unsigned numbers. */
export interface Registers {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
  readonly esp: number;
  readonly eip: number;
  readonly eflags: number;
  /** The names of the flags that are set: "CF", "ZF", "IF" … */
  readonly flags: readonly string[];
  readonly cs: number;
  readonly ss: number;
  /** The pointer of the shadow stack; 0 without one. */
  readonly ssp: number;
  /** The current privilege level, 0 to 3. */
  readonly cpl: number;
}

/** What one instruction has done. */
export interface SteppedInstruction {
  readonly address: number;
  /** The instruction as objdump prints it; "" where there is none. */
  readonly text: string;
  /** Why the processor left user mode at it; undefined when it did not. */
  readonly trap: MachineTrap | undefined;
  /** Behind it; undefined when the process has ended. */
  readonly registers: Registers | undefined;
}

export type MachineTrap =
  | {
      readonly kind: "syscall";
      readonly door: "int80" | "sysenter";
      readonly number: number;
      readonly name: string | undefined;
    }
  | {
      readonly kind: "exception";
      readonly vector: number;
      /** "#PF", "#GP" … */
      readonly name: string;
      readonly errorCode: number;
      /** Of a page fault: the address that was touched. */
      readonly address: number;
    };

export interface EntryStepsOptions {
  /** Default "int80". */
  readonly door?: "int80" | "sysenter";
  /** Default 20, getpid. */
  readonly eax?: number;
  readonly ebx?: number;
  readonly ecx?: number;
  readonly edx?: number;
  readonly esi?: number;
  readonly edi?: number;
  readonly ebp?: number;
  /** What the function of the call answers. Default -38, ENOSYS. */
  readonly result?: number;
}

/** A step on the way into the kernel or back: what the processor does by itself, or an instruction. */
export interface EntryMoment {
  /**
   * "instruction"; or of the processor: "interrupt", "gate-read", "privilege-check", "code-segment", "tss-read",
   * "stack-switch", "push", "pop", "flags", "jump", "sysenter", "msr-read", "sysexit".
   */
  readonly kind: string;
  /** In words. */
  readonly text: string;
  /**
   * What it is about, by the kind: `address`, `value`, `what`, `vector`, `selector`, `dpl`, `cpl` … An instruction
   * has `pushedTo` or `poppedFrom` where it uses the stack, `storedTo` where it changes a word that lies there, and
   * `from`, `to`, `words` where it copies.
   */
  readonly fields: Readonly<Record<string, number | string | boolean>>;
  /** Behind it. */
  readonly registers: Registers;
}

/** One line of a process list. */
export interface ProcessRow {
  readonly pid: number;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  readonly uid: number;
  readonly state: string;
  readonly comm: string;
  readonly utimeNs: number;
  readonly stimeNs: number;
  /** Why it does not run: the call it sleeps in, "ready", "running". */
  readonly why: string;
}

export interface DescriptorRow {
  readonly fd: number;
  /** Which open file of the machine it refers to: the same number for descriptors that share one, in any process. */
  readonly openFile: number;
  readonly path: string;
  readonly ino: number;
  readonly pos: number;
  readonly flags: number;
  readonly closeOnExec: boolean;
}

/** A stretch of a CPU's time in which neither who runs nor how changes. */
export interface CpuStretch {
  readonly cpu: number;
  /** In ns since boot. */
  readonly from: number;
  readonly to: number;
  /** Of `current`; 0 is the idle task. */
  readonly pid: number;
  readonly comm: string;
  /** The processor's privilege level: 3 in user mode, 0 in kernel mode. */
  readonly cpl: 0 | 3;
  /**
   * `preempt_count()`: HARDIRQ_OFFSET, 65536, is in it while the CPU serves an interrupt, SOFTIRQ_OFFSET, 256, while it
   * does behind it what the interrupt has left.
   */
  readonly preemptCount: number;
  /** "user code", the name of a call, "exception", "interrupt", "softirq", "schedule", "idle". */
  readonly doing: string;
  /** In whose user or system time it is counted: `pid`, or 0 for nobody's (interrupts, most of "schedule", "idle"). */
  readonly chargedTo: number;
}

/** What execve knows of the file that it is to run. @linux include/linux/binfmts.h `struct linux_binprm` (6.18) */
export interface BinPrm {
  /** As execve was called with it. */
  readonly filename: string;
  /** What is to be run now: `filename`, or the interpreter that the search has come to. */
  readonly interp: string;
  /** The first 256 bytes of the file; zeros behind its end. */
  readonly buf: Uint8Array;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
}

/**
 * A handler for a format of executables: `-ENOEXEC` for a file of another format, another negative errno to refuse it,
 * or the interpreter that runs it, with the arguments that it gets. The kernel then begins again with that file.
 */
export type LoadBinary = (
  bprm: BinPrm,
) => number | { readonly interpreter: string; readonly argv: readonly string[] };

export interface RegisteredBinfmt {
  unregister(): void;
}
