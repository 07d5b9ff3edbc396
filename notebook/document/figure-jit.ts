/** What the figure `jit-side-by-side` draws: one program three times, line by line. */

export interface JitComparison {
  /** Where the native code was recorded: `Linux 6.18.44`. */
  readonly recordedOn: string;
  readonly programs: readonly JitProgram[];
}

export interface JitProgram {
  /** Unique in its figure; part of an address. */
  readonly id: string;
  readonly title: string;
  /** What to watch. */
  readonly hint: string;
  readonly bytes: { readonly bpf: number; readonly native: number };
  readonly rows: readonly JitRow[];
}

/** An instruction of BPF, and what both compilers make of it. */
export interface JitRow {
  /** Absent at the entry, which belongs to no instruction. */
  readonly slot?: number;
  readonly bpf: string;
  readonly native: readonly NativeInsn[];
  readonly wasm: readonly string[];
  /** Why it looks as it does. */
  readonly says: string;
}

export interface NativeInsn {
  /** In hexadecimal, with spaces. */
  readonly bytes: string;
  readonly text: string;
}
