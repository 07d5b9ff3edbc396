import { BPF_FUNC_NAMES } from "../../../kernel-sim/bpf/uapi.ts";
import { explainingLine } from "../../../kernel-sim/bpf/verifier/explaining-line.ts";
import { checkMapOpsRecord } from "../bpf-map-ops.ts";
import type { BpfRecord, VerifyRecord } from "../bpf-record.ts";
import { checkVerifyRecord, withoutIds } from "../bpf-verify.ts";
import { xlatedAsLinux } from "../xlated.ts";
import { isDetermined } from "./determined.ts";

export type DifferenceKind =
  | "crash"
  | "verdict"
  | "errno"
  | "error line"
  | "run"
  | "not built"
  | "log"
  | "xlated"
  | "map operation";

/** The first thing in which the simulator does not answer what the kernel did. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly text: string;
}

/** @param record with the answers of the running kernel */
export function compareWithKernel(record: BpfRecord): Difference | undefined {
  try {
    return record.kind === "map_ops" ? compareMapOps(record) : compareProgram(record);
  } catch (error) {
    return { kind: "crash", text: (error as Error).stack ?? String(error) };
  }
}

function compareMapOps(record: BpfRecord & { kind: "map_ops" }): Difference | undefined {
  const { difference } = checkMapOpsRecord(record);
  return difference === "" ? undefined : { kind: "map operation", text: difference };
}

function compareProgram(asked: VerifyRecord): Difference | undefined {
  const record = withoutSilentLines(asked);
  const result = checkVerifyRecord(record);
  const { difference } = result;
  if (!result.verdict) return { kind: "verdict", text: difference };
  if (!result.errno) return { kind: "errno", text: difference };
  if (!record.load.ok && !result.errorLine) return { kind: "error line", text: difference };
  if (result.runs < record.runs.length && isDetermined(record, result)) {
    const kind = NOT_BUILT.test(difference) ? "not built" : "run";
    return { kind, text: difference };
  }
  const { log } = record.load;
  // A long log was not kept.
  const text = typeof log === "string" ? logDifference(result.log, log) : "";
  if (text !== "") return { kind: "log", text };
  const rewritten = record.xlated === undefined ? "" : xlatedAsLinux(record);
  return rewritten === "" ? undefined : { kind: "xlated", text: rewritten };
}

/** The recorder takes the last line, also where it explains nothing. */
function withoutSilentLines(record: VerifyRecord): VerifyRecord {
  const { load, attr } = record;
  if (load.ok || typeof load.log !== "string" || attr?.log_size !== undefined) return record;
  return { ...record, load: { ...load, error: explainingLine(load.log) } };
}

/** EOPNOTSUPP or ENOTSUPP: a helper of which there is only the prototype. */
const NOT_BUILT = /^run \d+: errno (95|524),/;

/** "" when both are the same text, addresses and times aside. */
export function logDifference(ours: string, kernels: string): string {
  const left = plainLines(ours);
  const right = plainLines(kernels);
  const at = left.findIndex((line, i) => line !== right[i]);
  if (at < 0 && left.length === right.length) return "";
  const line = at < 0 ? left.length : at;
  return `line ${line}\n  ours:   ${left[line]}\n  kernel: ${right[line]}`;
}

function plainLines(log: string): string[] {
  return (
    withoutIds(log)
      .replace(/(\(18\) r\d+ = )0x(?:[0-9a-f]+|<ptr>)/g, "$1<imm>")
      .replace(/verification time \d+ usec/g, "verification time")
      .replace(/call (\w+)#(\d+)/g, (call, name: string, id: string) =>
        BPF_FUNC_NAMES[Number(id)] === name.replace(/^bpf_/, "") ? call : `call ${name}#<id>`,
      )
      .replace(/(#<id>) +;/g, "$1 ;")
      // What other programs have asked for before.
      .replace(/^(?:vmlinux|module)_cand_cache:.*\n/gm, "")
      .split("\n")
  );
}
