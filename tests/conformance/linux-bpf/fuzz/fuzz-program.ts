import type { Insn } from "../../../../kernel-sim/api.ts";
import { decode, encode } from "../../../../kernel-sim/bpf/program-text.ts";
import type { AttrRecord, MapRecord, RunRecord, VerifyRecord } from "../../bpf-record.ts";
import { fromHex, toHex } from "../../bpf-verify.ts";

/** A question to both kernels. */
export interface FuzzProgram {
  readonly note: string;
  readonly progType: string;
  readonly insns: readonly Insn[];
  readonly maps: readonly MapRecord[];
  readonly flags: number;
  readonly logLevel: number;
  /** Inputs of the runs. */
  readonly runs: readonly Pick<RunRecord, "data_in" | "ctx_in">[];
  /** What else a record of the corpus brings along: BTF, capabilities, numbers of functions. */
  readonly rest?: Partial<VerifyRecord>;
}

export function recordOf(program: FuzzProgram): object {
  const { note, progType, insns, maps, flags, logLevel, runs, rest } = program;
  const attr: AttrRecord = logLevel === 2 ? {} : { log_level: logLevel };
  return {
    id: "fuzz",
    note,
    ...rest,
    kind: "verify",
    prog_type: progType,
    insns: toHex(encode(insns)),
    maps,
    ...(flags === 0 ? {} : { prog_flags: flags }),
    ...(logLevel === 2 ? {} : { attr }),
    with_xlated: true,
    runs,
  };
}

export function programOf(record: VerifyRecord): FuzzProgram {
  const { load: _, id: __, ...rest } = record;
  return {
    note: (record as VerifyRecord & { note?: string }).note ?? "",
    progType: String(record.prog_type),
    insns: decode(fromHex(record.insns)),
    maps: record.maps,
    flags: record.prog_flags ?? 0,
    logLevel: record.attr?.log_level ?? 2,
    runs: record.runs.map(({ data_in, ctx_in }) => ({
      ...(data_in === undefined ? {} : { data_in }),
      ...(ctx_in === undefined ? {} : { ctx_in }),
    })),
    rest,
  };
}
