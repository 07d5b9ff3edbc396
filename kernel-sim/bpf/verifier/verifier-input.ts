import type { Insn } from "../../api.ts";
import type { Btf } from "../btf/btf.ts";
import type { KeptCandidates } from "../btf/core-candidates.ts";
import type { BtfRecord } from "../btf/record.ts";
import type { ProgBtf } from "./btf-info.ts";

/** A map as the verifier has to know it. One object a map: identity counts. */
export interface VerifierMap {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly name: string;
  readonly frozen: boolean;
  /** Whoever made it may know what a CPU does on a wrong guess: its lookups need no mask. */
  readonly bypassSpecV1: boolean;
  /** The hash of the only program that may use it; undefined: all may. */
  readonly exclProgSha?: Uint8Array | undefined;
  /** Whether it came with types. */
  readonly hasBtf: boolean;
  /** What of its value is the kernel's own. */
  readonly record: BtfRecord | undefined;
  /** What every map in a map of maps is like. */
  readonly innerMap?: VerifierMap;
  /** Where the structure lies, as logs show it. */
  readonly address: bigint;
  /** Where the values lie, for types that put an address of them into programs. */
  readonly valueAddress: bigint;
  /** Where user space has an arena; 0: nowhere yet. */
  readonly userStart?: bigint;
  /** How much of an arena user space has. */
  readonly userBytes?: number;
  /** The content of a map with one value that can no longer change. */
  readValue(off: number, size: number): Uint8Array;
}

/** How far into buffers whose size nobody knows yet a program may reach, in bytes. */
export interface BufferAccess {
  tracepoint: number;
  rdonly: number;
  rdwr: number;
}

/** A function of a loaded program, as far as others can be attached to it. */
export interface TargetFunction {
  /** Of the function in its program's types. */
  readonly typeId: number;
  /** Its types do not say what it is called with. */
  readonly isUnreliable: boolean;
  readonly isExceptionCb: boolean;
  readonly changesPktData: boolean;
  readonly mightSleep: boolean;
}

/** A loaded program that others can be attached to. */
export interface TargetProgram {
  readonly type: number;
  readonly expectedAttachType: number;
  readonly btf: Btf | undefined;
  readonly targetFunctions: readonly TargetFunction[];
  /** It traces a program that traces itself. */
  readonly isTracingTracer: boolean;
  /** The type of the program that it stands for, when it is an extension. */
  readonly extendedType: number | undefined;
}

/** What a program is attached to, as its load names it. */
export interface AttachTarget {
  /** The type that is named; 0: none is. */
  readonly btfId: number;
  /** Where the type is, when it is one of the kernel's. */
  readonly btf: Btf | undefined;
  /** The program that is attached to. */
  readonly prog: TargetProgram | undefined;
}

/** Descriptors that a load brings along. */
export interface FdArray {
  /** How many shall be looked at from the start; 0: only those that instructions name. */
  readonly count: number;
  /** undefined: it cannot be read. */
  at(index: number): number | undefined;
}

/** What of root's powers the loading task has. */
export interface VerifierCaps {
  readonly bpf: boolean;
  readonly perfmon: boolean;
}

export interface VerifierInput {
  readonly insns: readonly Insn[];
  readonly progType: number;
  readonly expectedAttachType: number;
  readonly isGplCompatible: boolean;
  readonly progFlags: number;
  /** How many CPUs the machine may have. */
  readonly cpus: number;
  readonly logLevel: number;
  /** How much of the log is kept, in bytes. */
  readonly logSize: number;
  readonly caps?: VerifierCaps;
  readonly progBtf?: ProgBtf | undefined;
  readonly attach?: AttachTarget;
  readonly fdArray?: FdArray | undefined;
  /** What other loads have looked up; left out: nothing. */
  readonly coreCandidates?: KeptCandidates;
  /** The map behind a descriptor, or a negative errno. */
  mapOfFd(fd: number): VerifierMap | number;
  /** The types behind a descriptor, or a negative errno; without it there are none. */
  btfOfFd?(fd: number): Btf | number;
}
