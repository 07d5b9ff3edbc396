import type { Insn } from "../api.ts";
import type { Btf } from "./btf/btf.ts";
import type { BtfFuncProto } from "./btf/kinds.ts";
import type { BpfCpu } from "./interpreter.ts";
import { leadsBack } from "./jit/flow-graph.ts";
import type { JitProgram } from "./jit/jit-program.ts";
import type { BpfKernel } from "./kernel.ts";
import type { KernelMap } from "./maps/map.ts";
import { ProgStreams } from "./stream.ts";
import { BPF_PROG_TYPE_EXT, BPF_PROG_TYPE_TRACING } from "./uapi.ts";
import type { BufferAccess, TargetFunction, TargetProgram } from "./verifier/verifier-input.ts";

/** A program as bpf(2) shows it: rewritten as Linux would. */
export interface ShownProgram {
  readonly insns: readonly Insn[];
  /** Records of `struct bpf_func_info` and `struct bpf_line_info`. */
  readonly funcInfo: readonly Uint8Array[];
  readonly lineInfo: readonly Uint8Array[];
}

/** What is known of a program beside what it does. */
export interface ProgOrigin {
  /** What it can be recognised by. */
  readonly tag: Uint8Array;
  /** When it was loaded, in ns since boot, and by whom. */
  readonly loadTime: number;
  readonly createdByUid: number;
  /** How many instructions the verifier has looked at. */
  readonly verifiedInsns: number;
  readonly btf: Btf | undefined;
  /** Records of `struct bpf_func_info` and `struct bpf_line_info`, for the program that runs. */
  readonly funcInfo: readonly Uint8Array[];
  readonly lineInfo: readonly Uint8Array[];
  /** The program itself, and behind it the functions that it calls. */
  readonly functions: readonly ProgFunction[];
}

/** A function of a program that runs. */
export interface ProgFunction {
  /** The program's own, when there is but one. */
  readonly tag: Uint8Array;
  /** Where it begins, and how many instructions it has, wide ones counted twice. */
  readonly start: number;
  readonly insns: number;
}

const NO_ORIGIN: ProgOrigin = Object.freeze({
  tag: new Uint8Array(8),
  loadTime: 0,
  createdByUid: 0,
  verifiedInsns: 0,
  btf: undefined,
  funcInfo: [],
  lineInfo: [],
  functions: [],
});

export const BPF_F_SLEEPABLE = 1 << 4;

/** What a program is attached to, as its load said. */
export interface ProgTarget {
  /** The type that is named; 0: none is. */
  readonly btfId: number;
  /** Where the type is, when it is one of the kernel's. */
  readonly btf: Btf | undefined;
  readonly prog: LoadedProgram | undefined;
}

/** The same, with what it was found to be. */
export interface FoundTarget extends ProgTarget {
  /** The name and the prototype of the function, tracepoint, hook or member; "" for none. */
  readonly funcName: string;
  /** undefined: five numbers are all that is known of its arguments. */
  readonly funcProto: BtfFuncProto | undefined;
}

const NO_TARGET: FoundTarget = Object.freeze({
  btfId: 0,
  btf: undefined,
  prog: undefined,
  funcName: "",
  funcProto: undefined,
});

/** Runs a program with a context, and says in `vm.executed` how many instructions it took. */
export type ProgRunner = (vm: BpfCpu<BpfKernel>, context: number) => number;

/** Where Linux keeps a program, although it does not run from there. */
export interface ProgImage {
  readonly address: number;
  readonly bytes: number;
}

/** A program that the kernel holds. @linux include/linux/bpf.h `struct bpf_prog` (6.18) */
export class LoadedProgram implements TargetProgram {
  readonly id: number;
  readonly type: number;
  readonly expectedAttachType: number;
  /** BPF_F_SLEEPABLE, BPF_F_XDP_HAS_FRAGS … with which it was loaded. */
  readonly progFlags: number;
  readonly name: string;
  readonly license: string;
  /** Rewrites it as Linux would, for who looks at it. */
  readonly show: () => ShownProgram;
  #shown: ShownProgram | undefined;
  /** What runs, with descriptors of maps where the program had them. */
  readonly runInsns: readonly Insn[];
  /** For the interpreter, with addresses of maps in place. */
  readonly code: Int32Array;
  readonly maps: readonly KernelMap[];
  /** Behind the last byte of the context that it may read or write. */
  readonly maxCtxOffset: number;
  /** First slots of functions whose address the program has. */
  readonly callbacks: readonly number[];
  /** Pointers to them, which the program holds. */
  readonly functions: readonly number[];
  /** Kinds of objects that it makes, by their numbers. */
  readonly objectTypes: readonly number[];
  /** Its number among the programs that print to their streams; undefined: it does not. */
  readonly printer: number | undefined;
  /** Bytes of stack that the program itself uses, without its functions. */
  readonly stackDepth: number;
  /** Whether it may run for long at once. */
  readonly hasLoop: boolean;
  /** Instructions of it that the interpreter has run. */
  interpretedInsns = 0;
  /** Its compiled form, once it has one; null: it cannot be compiled. */
  jited: JitProgram | null | undefined;
  /** Whether the machine has the bodies of all helpers that it calls. */
  readonly isRunnable: boolean;
  /** Where it came from, as BPF_OBJ_GET_INFO_BY_FD tells it. */
  readonly origin: ProgOrigin;
  readonly target: FoundTarget;
  readonly targetFunctions: readonly TargetFunction[];
  /** What it takes of the machine's memory. */
  image: ProgImage | undefined = undefined;
  readonly bufferAccess: Readonly<BufferAccess>;
  /** It may be attached as it was loaded for and not otherwise. */
  readonly enforcesAttachType: boolean;
  /** Types that its load brought along beside its own. */
  readonly usedBtfs: readonly Btf[];
  /** Maps that it holds without using them. */
  readonly boundMaps: KernelMap[] = [];
  readonly streams = new ProgStreams();
  /** While statistics are kept: how often it has run, and how long. */
  runCnt = 0;
  runTimeNs = 0;
  /** Set where it runs in another way than programs do: answers the low word of R0. */
  readonly runner: ProgRunner | undefined;

  /** Whether it may wait, and so only hangs where one may. */
  get isSleepable(): boolean {
    return (this.progFlags & BPF_F_SLEEPABLE) !== 0;
  }

  constructor(fields: {
    readonly id: number;
    readonly type: number;
    readonly expectedAttachType: number;
    readonly progFlags?: number;
    readonly name: string;
    readonly license: string;
    readonly show?: () => ShownProgram;
    readonly runInsns: readonly Insn[];
    readonly code: Int32Array;
    readonly maps: readonly KernelMap[];
    readonly maxCtxOffset: number;
    readonly callbacks: readonly number[];
    readonly functions?: readonly number[];
    readonly objectTypes?: readonly number[];
    readonly printer?: number | undefined;
    readonly stackDepth: number;
    readonly isRunnable: boolean;
    readonly origin?: ProgOrigin;
    readonly target?: FoundTarget;
    readonly targetFunctions?: readonly TargetFunction[];
    readonly runner?: ProgRunner | undefined;
    readonly bufferAccess?: BufferAccess;
    readonly enforcesAttachType?: boolean;
    readonly usedBtfs?: readonly Btf[];
  }) {
    this.id = fields.id;
    this.type = fields.type;
    this.expectedAttachType = fields.expectedAttachType;
    this.name = fields.name;
    this.progFlags = fields.progFlags ?? 0;
    this.license = fields.license;
    this.runInsns = fields.runInsns;
    this.code = fields.code;
    this.maps = fields.maps;
    this.maxCtxOffset = fields.maxCtxOffset;
    this.isRunnable = fields.isRunnable;
    this.callbacks = fields.callbacks;
    this.functions = fields.functions ?? [];
    this.objectTypes = fields.objectTypes ?? [];
    this.printer = fields.printer;
    this.stackDepth = fields.stackDepth;
    this.hasLoop = leadsBack(fields.code);
    this.origin = fields.origin ?? NO_ORIGIN;
    this.show = fields.show ?? (() => ({ insns: this.runInsns, funcInfo: [], lineInfo: [] }));
    this.runner = fields.runner;
    this.target = fields.target ?? NO_TARGET;
    this.targetFunctions = fields.targetFunctions ?? [];
    this.enforcesAttachType = fields.enforcesAttachType ?? false;
    this.bufferAccess = fields.bufferAccess ?? { tracepoint: 0, rdonly: 0, rdwr: 0 };
    this.usedBtfs = fields.usedBtfs ?? [];
  }

  /** What is shown of it. */
  get shown(): ShownProgram {
    this.#shown ??= this.show();
    return this.#shown;
  }

  get btf(): Btf | undefined {
    return this.origin.btf;
  }

  get isTracingTracer(): boolean {
    const isTracer = this.type === BPF_PROG_TYPE_TRACING;
    return isTracer && this.target.prog?.type === BPF_PROG_TYPE_TRACING;
  }

  get extendedType(): number | undefined {
    return this.type === BPF_PROG_TYPE_EXT ? this.target.prog?.type : undefined;
  }
}
