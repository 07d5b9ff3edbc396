/** The records of the eBPF corpus: what a real Linux 6.18 was asked, and what it answered. */

export interface MapRecord {
  readonly type: string;
  readonly name?: string;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly flags: number;
  readonly map_extra?: number;
  readonly init?: readonly { readonly key: string; readonly value: string | ObjectValue }[];
  readonly frozen?: boolean;
  /** "program" stands for the types of the program. */
  readonly btf?: string;
  readonly btf_key_type_id?: number;
  readonly btf_value_type_id?: number;
  readonly inner?: MapRecord;
}

/** By its index among the programs or the maps of the record. */
export type ObjectValue = { readonly prog: number } | { readonly map: number };

/** A program that is loaded first, to be put into a map or to run before the other one. */
export interface ProgRecord {
  readonly prog_type: string | number;
  readonly insns: string;
  readonly prog_flags?: number;
  readonly kfuncs?: Readonly<Record<string, string>>;
}

export interface LoadRecord {
  readonly ok: boolean;
  readonly errno: number;
  readonly error: string | null;
  readonly log?: string | null;
}

export interface MapEntryRecord {
  readonly key?: string;
  readonly value?: string;
  readonly values?: readonly string[];
  /** The length of a record in a ring buffer that was given up. */
  readonly discarded?: number;
}

/** What happened between two runs, to a map most of the time. */
export interface BeforeRecord {
  readonly op: "update" | "delete" | "lookup" | "lookup_and_delete" | "close" | "wait" | "run";
  readonly map?: number;
  readonly key?: string;
  readonly value?: string;
  readonly flags?: number;
  readonly ms?: number;
  /** Another program, by its index, with this context. */
  readonly prog?: number;
  readonly ctx?: string;
  readonly errno?: number;
  readonly retval?: number;
  readonly ctx_out?: string;
}

export interface RunRecord {
  readonly before?: readonly BeforeRecord[];
  /** How long after the run the maps were read. */
  readonly settle_ms?: number;
  readonly data_in?: string;
  readonly ctx_in?: string;
  readonly errno: number;
  readonly retval?: number;
  readonly data_out?: string;
  readonly ctx_out?: string;
  readonly maps_out?: readonly (readonly MapEntryRecord[] | null)[];
}

/** Oddities of the attribute block. */
export interface AttrRecord {
  readonly insn_cnt?: number;
  readonly null_insns?: boolean;
  readonly null_license?: boolean;
  readonly log_level?: number;
  readonly log_null?: boolean;
  readonly log_size0?: boolean;
  readonly log_size?: number;
}

/** Pages that the task which asked has: zeros, but for `value` from the byte `at` on. */
export interface TaskMemory {
  readonly address: string;
  readonly bytes: number;
  readonly at: number;
  readonly value: string;
}

export interface VerifyRecord {
  readonly id: string;
  /** What it shows. */
  readonly note?: string;
  readonly kind: "verify";
  readonly prog_type: string | number;
  readonly expected_attach_type: string | number | null;
  readonly insns: string;
  readonly maps: readonly MapRecord[];
  readonly license: string | null;
  readonly prog_flags?: number;
  readonly attr?: AttrRecord;
  readonly caps?: readonly string[];
  /** Its maps were made with no other capabilities either. */
  readonly capped_maps?: boolean;
  readonly btf?: string;
  /** Equal types of maps and of the program are one object of the kernel. */
  readonly one_btf?: boolean;
  readonly func_info?: readonly (readonly [insnOff: number, typeId: number])[];
  /** Offset of the instruction, of the file's name and of the line in the strings, line and column. */
  readonly line_info?: readonly (readonly number[])[];
  /** Offset of the instruction, type, offset of the way in the strings, kind. */
  readonly core_relo?: readonly (readonly number[])[];
  readonly kfuncs?: Readonly<Record<string, string>>;
  /** Functions and variables of the kernel whose address the program has. */
  readonly ksyms?: Readonly<Record<string, string>>;
  readonly progs?: readonly ProgRecord[];
  /** What it is attached to: a function or a type of the kernel, or a function of `progs[attach_prog]`, by its name. */
  readonly attach_to?: string;
  readonly attach_prog?: number;
  readonly load: LoadRecord;
  /** The instructions as Linux has rewritten them, where they were recorded. */
  readonly xlated?: string;
  /** What they call, by the number that stands in the call. */
  readonly xlated_calls?: Readonly<Record<string, string>>;
  readonly xlated_func_info?: readonly (readonly number[])[];
  readonly xlated_line_info?: readonly (readonly number[])[];
  readonly nr_maps?: number;
  readonly verified_insns?: number;
  readonly runs: readonly RunRecord[];
  readonly fresh_maps?: boolean;
  /** What programs find in the memory of the task that runs them. */
  readonly task_memory?: readonly TaskMemory[];
}

type MapValue = string | readonly string[];

export interface MapOpRecord {
  readonly op: string;
  readonly map: string | MapRecord;
  readonly as?: string;
  readonly errno: number;
  readonly key?: string | null;
  readonly value?: MapValue | null;
  readonly value_in?: string;
  readonly flags?: number;
  readonly next_key?: string;
  readonly keys?: readonly string[];
  readonly inner?: string;
  readonly prog_type?: string;
  readonly insns?: string;
  readonly map_flags?: number;
  readonly type?: number;
  readonly key_size?: number;
  readonly value_size?: number;
  readonly max_entries?: number;
  /** Of a batch: how many, whether it goes on from the last one, and what goes in. */
  readonly count?: number;
  readonly continues?: boolean;
  readonly keys_in?: readonly string[];
  readonly values_in?: readonly MapValue[];
  readonly elem_flags?: number;
  readonly count_out?: number;
  readonly out_sorted?: readonly (readonly [string, MapValue])[];
}

export interface MapOpsRecord {
  readonly id: string;
  readonly kind: "map_ops";
  readonly ops: readonly MapOpRecord[];
}

export type BpfRecord = VerifyRecord | MapOpsRecord;
