/**
 * The public face of the simulator, as types: what cells, exercises, figures and the judge use.
 * `index.ts` is the door that exports it; nothing else of `kernel-sim` is reachable for a student.
 *
 * Every object answered here is a frozen facade: closures over private state, answering copies.
 */

import type { MachineSystemCalls } from "./api/syscalls.ts";
import type {
  CpuStretch,
  DescriptorRow,
  LoadBinary,
  MachineProgram,
  Process,
  ProcessRow,
  RegisteredBinfmt,
  SpawnOptions,
  SteppedInstruction,
  UserProgram,
} from "./api-kernel.ts";
import type { DiskModel, DiskOptions, DiskView, SerialLineOptions } from "./api-machine.ts";
import type { KernelView, Past, Stop, StopCondition } from "./api-observe.ts";
import type { Terminal, TerminalOptions } from "./api-terminal.ts";

/** A negative error number, as a raw system call answers it: `-ENOENT` is -2. */
export type NegativeErrno = number;

/** A key or value of a map: bytes, or an integer laid out little-endian in the map's size. */
export type BytesLike = Uint8Array | readonly number[] | number | bigint;

export interface BootOptions {
  /** Seeds every random choice of the machine. Default 1. */
  readonly seed?: number;
  /** How many CPUs, 1 to 64. Default 2; in 1991, 1. */
  readonly cpus?: number;
  /** Memory in MiB, 2 to 4096. Default 64; in 1991, 8. */
  readonly memoryMiB?: number;
  /** False: a machine whose timers never interrupt. No tick comes, and who sleeps for a time sleeps for ever. */
  readonly timer?: boolean;
  /** True: keeps what each CPU does, for `timeline()`. */
  readonly timeline?: boolean;
  /**
   * What machine it is: "server" (2020, the default), "pc-1991" (a 386 at 33 MHz with a hard disk of those years), or "0.01": the
   * latter with what Linux had in September 1991. Then only the calls of 0.01 that had code are there. Those that had
   * a number only (mount, rename) answer ENOSYS, and whatever came later (socket, mmap, symlink) -1, as 0.01 did; names in directories end after 14
   * characters, there is no /proc, and one CPU; the root is the Minix file system on its disk, /dev/hda. Simplified: behind the calls
   * works the kernel of 6.18. Costs and their sources stand in `hw/costs.ts`.
   */
  readonly profile?: "server" | "pc-1991" | "0.01";
  /** A disk, by its model or with more to say about it. Default none; in 1991 "hdd-1991". */
  readonly disk?: DiskModel | DiskOptions | false;
  /** How the console's terminal is connected. Default: what is printed is there at once. */
  readonly terminal?: SerialLineOptions;
  /**
   * True: kthreadd and the kernel's usual threads are in the list of processes, as ps shows them on every Linux; the
   * first program then has a higher number than 2. Default false.
   */
  readonly kernelThreads?: boolean;
  /** Settings below /proc/sys when the machine starts, as sysctl(8) names them: `{ "vm.swappiness": 10 }`. */
  readonly sysctl?: Readonly<Record<string, string | number>>;
}

export interface Machine extends MachineSystemCalls {
  readonly seed: number;
  readonly cpus: number;
  readonly bpf: BpfSyscall;
  /** Virtual time since boot in ns. */
  now(): number;
  /** What the kernel recorded, oldest first. */
  readonly trace: Trace;
  /**
   * Lets a recorded event sequence happen on this machine again: every event fires its tracepoint
   * and with it the programs attached there. Answers how many events were fired.
   */
  replay(recording: Recording): number;
  /**
   * Runs a program to its end, as root or who `options` say, and answers what it returned. What else is ready
   * runs beside it. Throws what the program threw. Of machine code it answers the exit status, or, as a shell
   * does, 128 and the number of the signal that ended it.
   */
  run(program: UserProgram | MachineProgram, options?: SpawnOptions): unknown;
  /**
   * Starts a program that runs when the machine does: a function, machine code, or the path of an installed one.
   */
  spawn(program: UserProgram | MachineProgram | string, options?: SpawnOptions): Process;
  /** Puts a program into the file system, so that others can execute it by its path. */
  install(path: string, program: UserProgram | MachineProgram): void;
  /** Registers a handler for a format of executables. execve asks it before those that were there. */
  registerBinfmt(name: string, load: LoadBinary): RegisteredBinfmt;
  /**
   * Lets the machine run until this process has executed one instruction of machine code, and the kernel has
   * served what it trapped for. Undefined when it has ended, sleeps for ever, or is no machine code.
   */
  stepInstruction(process: { readonly pid: number }): SteppedInstruction | undefined;
  /** Lets the machine run for so many ns of its own time. */
  runFor(ns: number): void;
  /** Lets the machine run until nothing can happen any more; answers the virtual time then. */
  runUntilIdle(): number;
  /** Bytes of a file as text, undefined when there is none that can be read. */
  readFile(path: string): string | undefined;
  /** Makes a file, owned by root. */
  writeFile(path: string, contents: string | Uint8Array, mode?: number): void;
  /** All that was written to the console. */
  readonly consoleOutput: string;
  /** The state of the kernel now: processes, files, memory, queues, registers, and why a task does not run. */
  readonly kernel: KernelView;
  /**
   * The console: what `run` and `spawn` give a program as its descriptors 0, 1 and 2. It is a serial line,
   * /dev/ttyS0, and who reads from it waits until something was typed.
   */
  readonly console: Terminal;
  /** Another terminal, /dev/tty1 for the first one: somebody logs in there, and gets a shell. */
  terminal(options?: TerminalOptions): Terminal;
  /** The machine's past: its kernel at any event, and when something happened. */
  readonly past: Past;
  /**
   * Lets the machine run until a condition holds, or nothing can happen any more (undefined). The step in which it held
   * is made to its end: `past.at(stop.event)` is the kernel at that very moment.
   */
  runUntilStop(condition: StopCondition): Stop | undefined;
  /** All processes, by pid. */
  processes(): readonly ProcessRow[];
  /** The machine's disk; undefined when it has none. */
  readonly disk: DiskView | undefined;
  /** The open descriptors of a process. */
  descriptors(pid: number): readonly DescriptorRow[];
  /** What each CPU has done with its time, in order; empty unless it was booted with `timeline`. */
  timeline(): readonly CpuStretch[];
  /** Gives the machine's memory back. Every later call answers an error that says so. */
  close(): void;
}

/** One event of a trace under its Linux tracepoint name, such as `sched:sched_switch`. */
export interface TraceEvent {
  readonly seq: number;
  /** In ns since boot. */
  readonly time: number;
  readonly cpu: number;
  /** The task that ran when it happened; 0 when the CPU was idle. */
  readonly pid: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, number | bigint | string>>;
}

export interface Trace {
  readonly length: number;
  events(filter?: { readonly name?: string; readonly pid?: number }): readonly TraceEvent[];
  count(name: string): number;
  last(name: string): TraceEvent | undefined;
}

/** Tracepoint events that a real Linux 6.18 machine recorded; see `recordings`. */
export interface Recording {
  readonly title: string;
  readonly events: readonly TraceEvent[];
}

export type MapTypeName =
  | "array"
  | "hash"
  | "percpu_array"
  | "percpu_hash"
  | "lru_hash"
  | "lru_percpu_hash"
  | "lpm_trie"
  | "queue"
  | "stack"
  | "bloom_filter"
  /** Values are descriptors of programs (`fd` of a loaded one), for bpf_tail_call. */
  | "prog_array"
  /** Values are descriptors of maps like `innerMap`; a lookup answers the map's number. */
  | "array_of_maps"
  | "hash_of_maps"
  /** Values are numbers of network devices, of which there is 1, for bpf_redirect_map. */
  | "devmap"
  | "devmap_hash"
  /** Values are lengths of the queues in which packets wait for the CPU that is the key. */
  | "cpumap"
  /** Programs write records into it; `maxEntries` is its size in bytes, a power of 2. */
  | "ringbuf"
  /** The other way round: bpf_user_ringbuf_drain takes out what user space has put in. */
  | "user_ringbuf"
  /** Pages that programs and user space share; `maxEntries` is how many, and `flags` need BPF_F_MMAPABLE (1024). */
  | "arena"
  /** Call stacks by their numbers: a value has room for 8 bytes of each function, at most 127. */
  | "stack_trace"
  /** Values are descriptors of open events, for bpf_perf_event_output, or of cgroups. */
  | "perf_event_array"
  | "cgroup_array"
  /** Values are descriptors of sockets. */
  | "xskmap"
  | "sockmap"
  | "sockhash"
  | "reuseport_sockarray"
  /** A value for each cgroup that a program is attached to; the key is its number (8 bytes), or that and a type of attachment (16). */
  | "cgroup_storage"
  | "percpu_cgroup_storage"
  /**
   * A value for each object of the kernel that a program gives one; the key is a descriptor of it. They need `btf` with the types of
   * key (an int of 4 bytes) and value, and `flags` with BPF_F_NO_PREALLOC (1).
   */
  | "sk_storage"
  | "inode_storage"
  | "task_storage"
  | "cgrp_storage"
  /** A table of functions of the kernel that programs stand behind; `vmlinuxValueType` says which. */
  | "struct_ops";

/** Types (BTF) in the kernel: a file descriptor of them. */
export interface BpfBtf {
  readonly fd: number;
  readonly id: number;
  /** What the kernel has read, line by line. */
  readonly log: string;
  /** close(2): the types go when no map and no program holds them. Throws a `BpfError` when it is closed already. */
  close(): void;
}

export interface MapAttr {
  readonly type: MapTypeName;
  /**
   * In bytes. This and what follows may be left out where the kernel takes one number only: an array's keys have 4 bytes, a
   * ring buffer has neither keys nor values, and what comes with types has their sizes.
   */
  readonly keySize?: number;
  /** In bytes. */
  readonly valueSize?: number;
  readonly maxEntries?: number;
  readonly flags?: number;
  /** Of a bloom filter: how many hash functions it has, 1 to 15; 5 when it is not said. Of an arena: its address. */
  readonly mapExtra?: number;
  /** Of which kind the maps in a map of maps are. */
  readonly innerMap?: BpfMap;
  /** In which key and value have their types: what the kernel finds in a value, e.g. a `bpf_spin_lock`, is its own. Bytes are loaded for this map. */
  readonly btf?: BpfBtf | Uint8Array;
  /** Numbers of types in `btf`. */
  readonly btfKeyTypeId?: number;
  readonly btfValueTypeId?: number;
  /**
   * Of a struct_ops map: the struct of functions, e.g. `bpf_dummy_ops`, or the number of the kernel's type of its value. The
   * kernel wants a descriptor of types beside it and looks at none of them: without `btf`, those are an `int`.
   */
  readonly vmlinuxValueType?: string | number;
  readonly name?: string;
}

/** What a batch command of bpf(2) leaves behind. */
export interface BpfMapBatch {
  /** -ENOENT: the end of the map was reached; -ENOSPC: `count` is too small for a bucket of a hash. */
  readonly errno: 0 | NegativeErrno;
  readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** Where the next batch begins. */
  readonly next: Uint8Array | undefined;
}

/** A map's memory as mmap(2) shows it: what a program writes is seen here at once. */
export interface BpfMapMemory {
  readonly lengthBytes: number;
  /** Throws a RangeError where a process would get SIGSEGV. */
  read(at: number, lengthBytes: number): Uint8Array;
  write(at: number, bytes: Uint8Array): void;
  unmap(): void;
}

/** A file descriptor of a map, with the map commands of bpf(2) on it. */
export interface BpfMap {
  readonly fd: number;
  readonly type: MapTypeName;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** A copy of the value; per-CPU maps: the values of all CPUs behind each other, each rounded up to 8 bytes. */
  lookup(key: BytesLike): Uint8Array | undefined;
  /** The value (of CPU `cpu` in a per-CPU map) as an unsigned little-endian number. */
  lookupUint(key: BytesLike, cpu?: number): bigint | undefined;
  update(key: BytesLike, value: BytesLike, flags?: number): 0 | NegativeErrno;
  delete(key: BytesLike): 0 | NegativeErrno;
  /** Puts a value into a map without keys. BPF_EXIST: where it is full, the oldest one of a queue or stack goes. */
  push(value: BytesLike, flags?: number): 0 | NegativeErrno;
  /** Takes the next value of a queue or stack out; undefined: it is empty. */
  pop(): Uint8Array | undefined;
  /** The next value of a queue or stack, which stays; undefined: it is empty. */
  peek(): Uint8Array | undefined;
  /** Whether a bloom filter may hold the value; false: it was never put in. */
  mayHold(value: BytesLike): boolean;
  /** All entries, sorted by key bytes so that the answer does not depend on hashing. */
  entries(): readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** BPF_MAP_LOOKUP_BATCH from the beginning, or from `next` of the last batch. */
  lookupBatch(count: number, from?: Uint8Array): BpfMapBatch;
  /** BPF_MAP_LOOKUP_AND_DELETE_BATCH. */
  lookupAndDeleteBatch(count: number, from?: Uint8Array): BpfMapBatch;
  /** BPF_MAP_UPDATE_BATCH; `done` says how many went in. */
  updateBatch(entries: readonly { readonly key: BytesLike; readonly value: BytesLike }[]): {
    readonly errno: 0 | NegativeErrno;
    readonly done: number;
  };
  /** BPF_MAP_DELETE_BATCH. */
  deleteBatch(keys: readonly BytesLike[]): {
    readonly errno: 0 | NegativeErrno;
    readonly done: number;
  };
  /** Takes the records out of a ring buffer that programs have submitted. */
  consume(): readonly Uint8Array[];
  /** Puts a record into a user ring buffer; false: it is full. */
  produce(record: Uint8Array): boolean;
  /** mmap(2), shared. An array needs the flag BPF_F_MMAPABLE (1024). Throws a `BpfError` when Linux refuses. */
  mmap(options?: {
    /** The whole map when it is not said. */
    readonly lengthBytes?: number;
    readonly offset?: number;
    readonly isWritable?: boolean;
  }): BpfMapMemory;
  freeze(): 0 | NegativeErrno;
  /** close(2): the map goes when no program and no other map holds it. Throws a `BpfError` when it is closed already. */
  close(): void;
}

/** One instruction slot as RFC 9669 lays it out; a wide load takes two. */
export interface Insn {
  readonly code: number;
  readonly dstReg: number;
  readonly srcReg: number;
  readonly off: number;
  readonly imm: number;
}

/** An assembled program, before it is loaded. */
export interface Program {
  /** One entry a slot: a wide instruction has two. */
  readonly insns: readonly Insn[];
  /** Names of the maps it refers to (`map[name]`), by the index that stands in `imm`. */
  readonly mapNames: readonly string[];
  /** 8 bytes a slot, little-endian, as bpf(2) takes it. */
  bytes(): Uint8Array;
  /** In the kernel's own notation, one instruction a line. */
  text(): string;
}

export type ProgTypeName = "socket_filter" | "sched_cls" | "xdp" | "tracepoint" | (string & {});

export interface LoadAttr {
  readonly type: ProgTypeName;
  readonly program: Program | Uint8Array;
  /** By the names in the program; or in the order of the indexes. */
  readonly maps?: Readonly<Record<string, BpfMap>> | readonly BpfMap[];
  /** Default "GPL". */
  readonly license?: string;
  /** BPF_LOG_LEVEL1 = 1, LEVEL2 = 2, STATS = 4. Default 1. */
  readonly logLevel?: number;
  readonly flags?: number;
  readonly expectedAttachType?: string;
  /**
   * What a program of the type `tracing` or `lsm` is for: with `trace_fentry`, `trace_fexit` and `modify_return` a function
   * of the kernel (`do_unlinkat`), with `trace_raw_tp` a tracepoint (`sched_switch`), with `lsm_mac` a hook (`file_open`),
   * with `trace_iter` what it goes over (`bpf_map`, `bpf_map_elem`, `task`).
   */
  readonly attachTo?: string;
  readonly name?: string;
  /**
   * Lines of source, each by the first slot of what a compiler has made of it. They go to the kernel as BTF, as
   * `clang -g` leaves them: the log shows them, and `jit()`. Each function has to begin with a line.
   */
  readonly sourceLines?: Readonly<Record<number, string>>;
  /** The types that come with the program. Bytes are loaded for it. They go in with one of the three that follow, not with `sourceLines`. */
  readonly btf?: BpfBtf | Uint8Array;
  /** `struct bpf_func_info`: which FUNC of `btf` begins at which slot. All functions of the program have one, or none. */
  readonly funcInfo?: readonly { readonly insnOff: number; readonly typeId: number }[];
  /** `struct bpf_line_info`; `lineCol` is the line shifted left by 10, plus the column. */
  readonly lineInfo?: readonly {
    readonly insnOff: number;
    readonly fileNameOff: number;
    readonly lineOff: number;
    readonly lineCol: number;
  }[];
  /** `struct bpf_core_relo`: what the kernel is to fit to its own types; `insnOff` is in bytes here. */
  readonly coreRelo?: readonly {
    readonly insnOff: number;
    readonly typeId: number;
    readonly accessStrOff: number;
    readonly kind: number;
  }[];
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly prog: BpfProg;
      readonly log: string;
      readonly insnsProcessed: number;
    }
  | {
      readonly ok: false;
      /** Positive, e.g. EACCES = 13. */
      readonly errno: number;
      readonly errnoName: string;
      /** The line with which the verifier explains its refusal; "" when Linux prints none. */
      readonly error: string;
      readonly log: string;
      readonly insnsProcessed: number;
      /** The refusal in plain words, worked out when first read; undefined for a message without an explanation. */
      readonly explanation: RefusalExplanation | undefined;
    };

export interface TestRunAttr {
  /** The packet from the Ethernet header on. */
  readonly dataIn?: Uint8Array;
  /** The context: how a packet came in, or all that the program gets. */
  readonly ctxIn?: Uint8Array;
  readonly repeat?: number;
  /** How much of packet and context the caller has room for, in bytes. */
  readonly dataSizeOut?: number;
  readonly ctxSizeOut?: number;
  readonly flags?: number;
  readonly cpu?: number;
  readonly batchSize?: number;
}

export interface TestRunResult {
  /** 0, or why the test run itself was refused. */
  readonly errno: number;
  /** Unsigned 32 bits. */
  readonly retval: number;
  readonly dataOut?: Uint8Array;
  /** If there was room for it, or what a syscall program made of its context. */
  readonly ctxOut?: Uint8Array;
  /** Instructions that ran, summed over all repeats. */
  readonly insnsExecuted: number;
}

/** How a program is attached. */
export interface AttachOptions {
  /** Where a function returns, not where it begins. */
  readonly isReturn?: boolean;
  /** What `bpf_get_attach_cookie` answers there: at most 53 bits. */
  readonly cookie?: number;
  /** Over whose elements an iterator for `bpf_map_elem` goes. */
  readonly map?: BpfMap;
}

export interface UnverifiedRunAttr
  extends Pick<LoadAttr, "type" | "program" | "maps" | "expectedAttachType">,
    Pick<TestRunAttr, "dataIn" | "ctxIn"> {
  /** How many instructions may run. Default 1,000,000. */
  readonly fuel?: number;
  /** Both do the same. Default "interpreter". */
  readonly engine?: "interpreter" | "jit";
}

export interface UnverifiedRunResult extends Omit<TestRunResult, "retval"> {
  /** Unsigned 32 bits; undefined when the program did not come to its end. */
  readonly retval: number | undefined;
  /** Where it stopped; undefined when it came to its end. */
  readonly stop: UnverifiedStop | undefined;
}

/** What a program was about to do when its run under checks stopped. */
export interface UnverifiedStop {
  readonly cause:
    | "fuel"
    | "memory"
    | "register"
    | "argument"
    | "helper"
    | "jump"
    | "call depth"
    | "instruction"
    | "left behind"
    | "not carried on";
  /** The instruction, counted in slots of 8 bytes, and as the log shows it. */
  readonly insnIndex: number;
  readonly insn: string;
  /** What was wrong, in words. */
  readonly message: string;
  /** The register that is to blame, e.g. `R2`, and its 64 bits in hexadecimal. */
  readonly register: string | undefined;
  readonly value: string | undefined;
  /** Of a pointer that was not followed or not handed to a helper. */
  readonly place: UnverifiedPlace | undefined;
  /** What Linux's kernel, which checks nothing while a program runs, would have done there. */
  readonly linux: {
    readonly outcome: "oops" | "corruption" | "leak" | "hang" | "nothing";
    /** For an oops its first line. */
    readonly text: string;
  };
}

export interface UnverifiedPlace {
  readonly access: "read" | "write" | "use";
  readonly sizeBytes: number;
  /** 64 bits in hexadecimal. */
  readonly address: string;
  /** `stack`, `context`, `packet`, `map`, `map value`, `map key`, `memory`, `dynptr`, `socket`, `kernel object`,
   * `function`; `freed` for what is no longer there, `none` where nothing of the program's is. */
  readonly kind: string;
  /** What lies there, in words. */
  readonly memory: string;
}

/** What holds a program where it hangs: an object of the kernel, with a descriptor of its own. */
export interface BpfLink {
  readonly id: number;
  /** As in /proc/PID/fdinfo: `perf` at tracepoints and probes, `raw_tracepoint`, `tracing`, `iter`. */
  readonly type: string;
  /** How often the program has run at this place; 0 for an iterator's, which runs when it is read. */
  readonly runs: number;
  /** Closes the descriptor of the link: the program hangs there no longer, unless the link has a name. */
  detach(): void;
  /** Another program takes the place of this one, as BPF_LINK_UPDATE does it: only iterators allow that. Throws a `BpfError`. */
  update(prog: BpfProg): void;
  /**
   * Gives the link a name in a bpffs, e.g. `/sys/fs/bpf/mine` after `mount -t bpf none /sys/fs/bpf`: it stays there when its
   * descriptor is closed, until the name is removed. Throws a `BpfError`.
   */
  pin(path: string): void;
  /** What an iterator's program prints of all objects, by a new file. */
  read(): string;
}

export interface BpfProg {
  readonly fd: number;
  readonly type: string;
  /** BPF_PROG_TEST_RUN. */
  run(attr?: TestRunAttr): TestRunResult;
  /**
   * Attaches a tracepoint program (`sched:sched_switch`), one for raw tracepoints (`sched_switch`), or a probe of a
   * function of the kernel (`__x64_sys_openat`, `do_unlinkat`), where it begins or returns. A program for tracing or LSM
   * is attached to what it was loaded for, without a target. Throws a `BpfError`.
   */
  attach(target?: string, options?: AttachOptions): BpfLink;
  /** The instructions after the verifier's rewrites, in the kernel's notation. */
  xlated(): string;
  /**
   * What they are compiled to, side by side; empty when the program runs in the interpreter only.
   * Locals have the names of registers; `frame` is the lowest address of the function's stack.
   */
  jit(): readonly JitLine[];
  /** close(2): the program goes when it hangs nowhere and no map holds it. Throws a `BpfError` when it is closed already. */
  close(): void;
}

/** An instruction, and the WebAssembly that does the same. */
export interface JitLine {
  /** Its place in the program that runs, counted in slots of 8 bytes. */
  readonly slot: number;
  /** The line that it comes from; "" for a program that came without lines. */
  readonly source: string;
  readonly bpf: string;
  /** One instruction each. Blocks begin with what comes first in them and end with what comes before. */
  readonly wasm: readonly string[];
}

/**
 * Thrown where a cell asks for an object and the kernel answers an errno: `name` is "BpfError",
 * `message` what happened in words, for a refused program the verifier's explaining line.
 */
export interface BpfError extends Error {
  /** Positive, e.g. EINVAL = 22. */
  readonly errno: number;
  readonly errnoName: string;
  /** The verifier's log, "" when there is none. */
  readonly log: string;
  /** As that of a refused `LoadResult`; undefined for what is no refused program. */
  readonly explanation: RefusalExplanation | undefined;
}

export interface BpfSyscall {
  /** BPF_MAP_CREATE. Throws a `BpfError`. */
  createMap(attr: MapAttr): BpfMap;
  /** BPF_BTF_LOAD. Throws a `BpfError` with the log. */
  loadBtf(bytes: Uint8Array): BpfBtf;
  /** BPF_PROG_LOAD, with the refusal as an answer. */
  load(attr: LoadAttr): LoadResult;
  /** BPF_PROG_LOAD for a program that should be accepted. Throws a `BpfError` when it is not. */
  mustLoad(attr: LoadAttr): BpfProg;
  /** The same check as `load`, with every step of it as data. Loads nothing. */
  verify(attr: LoadAttr): VerifierReport;
  /**
   * A test run of a program as it came, without the verifier, to see what that is there for. Each access to memory, call,
   * jump and use of a register is looked at before it happens; the run stops at the first that is not allowed, and when
   * its fuel is used up. Throws a `BpfError` when a map of the program is not there, or its type needs a target.
   */
  runUnverified(attr: UnverifiedRunAttr): UnverifiedRunResult;
  /**
   * Runs a classic filter, as the kernel translates it, on a packet from its Ethernet header on: how many bytes of it
   * a socket would get. Throws a RangeError for a filter that the kernel refuses.
   */
  runClassic(filter: readonly ClassicInsn[], packet: Uint8Array): number;
  /** `/sys/kernel/btf/vmlinux`: the types of the kernel, as far as programs can see them. */
  readonly btf: KernelBtf;
}

/** The types that the kernel describes itself with. */
export interface KernelBtf {
  /**
   * The types in C, as `bpftool btf dump file /sys/kernel/btf/vmlinux format c` writes them into a `vmlinux.h`. With the name
   * of a struct, union, enum or typedef only that one, behind the definitions that it needs: of what it merely points to,
   * the name. Throws a TypeError when the kernel has no such type.
   */
  toC(name?: string): string;
  /**
   * The members of a struct, by where they lie, e.g. those of `task_struct`. What programs read of those that are kept is what
   * this machine's own objects say, once it has run a program; all others read as 0. Linux, which keeps them all, has nothing that would tell so: the
   * column is the simulator's. Throws a TypeError when the kernel has no such struct.
   */
  members(name: string): readonly KernelMember[];
}

/** A member of a structure of the kernel. */
export interface KernelMember {
  /** Members of a struct or union without a name are members of what is around it. */
  readonly member: string;
  /** In C; behind a field of bits how many it has. */
  readonly type: string;
  /** Both in bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** Whether the simulator has something to say of it; of a structure inside at least one of its members. */
  readonly isKept: boolean;
}

/** A register or stack slot as the verifier knows it at one point of one path. */
export interface AbstractValue {
  /** Linux's own text, e.g. `scalar(smin=0,smax=umax=15,var_off=(0x0; 0xf))`. */
  readonly text: string;
  /** E.g. `scalar`, `fp`, `ctx`, `map_value`, `pkt`. */
  readonly type: string;
  readonly tnum: { readonly value: bigint; readonly mask: bigint };
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
  readonly u32min: number;
  readonly u32max: number;
  readonly s32min: number;
  readonly s32max: number;
}

/** A place on the way back along which values had to be exact. */
export interface PrecisionMark {
  /** An instruction of the path, the last one first. */
  readonly insnIndex: number;
  readonly frame: number;
  /** `R1`, `fp-8`: exact behind the instruction. */
  readonly names: readonly string[];
}

/** One instruction that the verifier processed. */
export interface VerifierStep {
  /** Its place in the order of processing, from 0. */
  readonly index: number;
  readonly insnIndex: number;
  /** The instruction in the kernel's notation. */
  readonly insn: string;
  /** The line of the source that it comes from, as logs show it: `text @ file:number`; only of programs that came with their lines. */
  readonly source?: string;
  /** Which path of the tree this step belongs to, and which path that one branched from. */
  readonly path: number;
  readonly parentPath: number | undefined;
  /** The step at which the path left the one that it branched from. */
  readonly branchedAt: number | undefined;
  /** How many functions are active below the one that the instruction belongs to. */
  readonly frame: number;
  /** Registers that are initialised before the instruction, by name `R0` to `R10`. */
  readonly before: Readonly<Record<string, AbstractValue>>;
  /** Only what the instruction changed or read, as Linux prints it after `;`. */
  readonly after: Readonly<Record<string, AbstractValue>>;
  /** Stack slots after the instruction, by name `fp-8`, as Linux prints them. */
  readonly stack: Readonly<Record<string, string>>;
  /**
   * What must be known exactly so that this step could be decided, walked back to where it came from: a state whose
   * values differ there covers no other one.
   */
  readonly precision?: readonly PrecisionMark[];
  /** Set when this path ended here. */
  readonly end?: "exit" | "pruned" | "refused";
  /** For `pruned`: the step whose state covers this one. */
  readonly prunedBy?: number;
}

/** What a refusal of the verifier means. A part that does not apply is "". */
export interface RefusalExplanation {
  /** Linux's own line. */
  readonly message: string;
  /** What has to hold. */
  readonly rule: string;
  /** What the register that is to blame holds at the refused instruction. */
  readonly value: string;
  /** Which instructions of the path have made that. */
  readonly origin: string;
  /** How a program is mended that is refused for this. */
  readonly repair: string;
}

export interface VerifierReport {
  readonly ok: boolean;
  readonly errno: number;
  readonly error: string;
  readonly log: string;
  readonly insnsProcessed: number;
  readonly totalStates: number;
  readonly peakStates: number;
  readonly maxStatesPerInsn: number;
  /** Worked out when first read; of a longer check, the first 100 000 steps. */
  readonly steps: readonly VerifierStep[];
  /** The steps as text: path by path, with what each instruction has changed, what was pruned by what, and what had to be exact. */
  readonly stepsText: string;
  /** The refusal in plain words; undefined for a program that is accepted. */
  readonly explanation: RefusalExplanation | undefined;
}

/** An instruction of classic BPF as `tcpdump -dd` prints it: 16, 8, 8 and 32 bits. */
export type ClassicInsn = readonly [code: number, jt: number, jf: number, k: number];

/** The machine of 1992, which the kernel translates into today's. */
export interface ClassicBpf {
  /** 0, or the errno with which the kernel refuses to attach the filter. */
  check(filter: readonly ClassicInsn[]): number;
  /** The filter as `tcpdump -d` prints it. */
  text(filter: readonly ClassicInsn[]): string;
  /** What the kernel makes of it: A is `r0`, X is `r7`. Throws a RangeError for what it refuses. */
  convert(filter: readonly ClassicInsn[]): Program;
}

/** The global `bpf` of every cell. */
export interface BpfToolkit {
  /**
   * Assembles the kernel's own notation: `bpf.asm\`r0 = 0\nexit\``. Labels (`out:` / `goto out`),
   * `goto +3`, comments (`;` or `//`), `call bpf_map_lookup_elem`, `r1 = map[counts]`,
   * `r1 = map_value[counts]+8`, `call sub` for a subprogram label. Numbers may be interpolated.
   * Throws a SyntaxError that names line and column.
   */
  asm(
    text: TemplateStringsArray | string,
    ...values: readonly (number | bigint | string)[]
  ): Program;
  /** Builds a program from single instructions (see `insn`). Labels are strings ending in ":". */
  program(...parts: readonly (Insn | readonly Insn[] | string)[]): Program;
  disassemble(program: Program | Uint8Array): string;
  /** Instruction builders in the style of the kernel's macros and cilium/ebpf. */
  readonly insn: InsnBuilders;
  /** Abstract arithmetic of the verifier, for the lecture's experiments: `kernel/bpf/tnum.c`. */
  readonly tnum: TnumOps;
  readonly classic: ClassicBpf;
}

/** The width of a memory access: 1, 2, 4 or 8 bytes. */
export type InsnSize = "B" | "H" | "W" | "DW";

/**
 * `BPF_MOV64_IMM(R0, 1)` and its relatives, in camelCase: `mov64Imm(0, 1)`. Registers are numbers,
 * jumps and offsets count slots and bytes. Operations are written as in the text of a program:
 * "+", "s/", "<<", "="; conditions "==", "s>", "&"; atomic operations "+", "fetch_add", "xchg",
 * "cmpxchg", "load_acquire", "store_release" and the like.
 */
export interface InsnBuilders {
  alu64Reg(operation: string, dst: number, src: number): Insn;
  alu64Imm(operation: string, dst: number, imm: number): Insn;
  alu32Reg(operation: string, dst: number, src: number): Insn;
  alu32Imm(operation: string, dst: number, imm: number): Insn;
  neg64(dst: number): Insn;
  neg32(dst: number): Insn;
  mov64Reg(dst: number, src: number): Insn;
  mov64Imm(dst: number, imm: number): Insn;
  mov32Reg(dst: number, src: number): Insn;
  mov32Imm(dst: number, imm: number): Insn;
  /** Sign-extends the lower 8, 16 or 32 bits of `src`. */
  movsx64Reg(dst: number, src: number, bits: number): Insn;
  /** Of an address of an arena, between the address spaces 0 (programs) and 1 (user space). */
  addrSpaceCast(dst: number, src: number, to: number, from: number): Insn;
  movsx32Reg(dst: number, src: number, bits: number): Insn;
  /** To big-endian; `bits` is 16, 32 or 64. */
  toBe(dst: number, bits: number): Insn;
  toLe(dst: number, bits: number): Insn;
  bswap(dst: number, bits: number): Insn;
  /** A 64-bit constant: two slots. */
  ldImm64(dst: number, value: number | bigint): readonly Insn[];
  /** The address of a map, by its index in the list of maps. */
  ldMapFd(dst: number, map: number): readonly Insn[];
  /** The address of byte `off` of a map's only value. */
  ldMapValue(dst: number, map: number, off: number): readonly Insn[];
  /** The address of a function of the program, `distance` slots away. */
  ldFunc(dst: number, distance: number): readonly Insn[];
  ldAbs(size: InsnSize, imm: number): Insn;
  ldInd(size: InsnSize, src: number, imm: number): Insn;
  ldxMem(size: InsnSize, dst: number, src: number, off: number): Insn;
  /** A load that extends the sign. */
  ldxMemsx(size: InsnSize, dst: number, src: number, off: number): Insn;
  stxMem(size: InsnSize, dst: number, src: number, off: number): Insn;
  stMem(size: InsnSize, dst: number, off: number, imm: number): Insn;
  atomicOp(size: InsnSize, operation: string, dst: number, src: number, off: number): Insn;
  jmpReg(condition: string, dst: number, src: number, off: number): Insn;
  jmpImm(condition: string, dst: number, imm: number, off: number): Insn;
  jmp32Reg(condition: string, dst: number, src: number, off: number): Insn;
  jmp32Imm(condition: string, dst: number, imm: number, off: number): Insn;
  jmpA(off: number): Insn;
  /** A jump whose distance has 32 bits. */
  jmp32A(distance: number): Insn;
  mayGoto(off: number): Insn;
  /** Calls a helper by its number. */
  call(helper: number): Insn;
  /** Calls a function of the program, `distance` slots behind the next instruction. */
  callRel(distance: number): Insn;
  callKfunc(id: number): Insn;
  exit(): Insn;
}

export interface Tnum {
  readonly value: bigint;
  readonly mask: bigint;
}

export interface TnumOps {
  constant(value: bigint): Tnum;
  unknown(): Tnum;
  range(min: bigint, max: bigint): Tnum;
  add(a: Tnum, b: Tnum): Tnum;
  sub(a: Tnum, b: Tnum): Tnum;
  and(a: Tnum, b: Tnum): Tnum;
  or(a: Tnum, b: Tnum): Tnum;
  xor(a: Tnum, b: Tnum): Tnum;
  mul(a: Tnum, b: Tnum): Tnum;
  lshift(a: Tnum, shift: number): Tnum;
  rshift(a: Tnum, shift: number): Tnum;
  arshift(a: Tnum, shift: number, insnBitness: 32 | 64): Tnum;
  intersect(a: Tnum, b: Tnum): Tnum;
  /** Whether every value of `b` is one of `a`. */
  contains(a: Tnum, b: Tnum): boolean;
  /** As Linux prints it: `(0x0; 0xf8)`. */
  text(a: Tnum): string;
}
