import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { checkMapOpsRecord } from "./bpf-map-ops.ts";
import type { BpfRecord, VerifyRecord } from "./bpf-record.ts";
import { checkVerifyRecord } from "./bpf-verify.ts";

/** How many records, runs and operations of a corpus agree with what Linux answered. */
export interface Conformance {
  total: number;
  verdict: number;
  errno: number;
  error_line: number;
  error_lines_total: number;
  runs: number;
  runs_total: number;
  map_ops: number;
  map_ops_total: number;
  failures: string[];
}

/** Reads a corpus file, compressed or not. */
export function readCorpus(file: string): BpfRecord[] {
  const raw = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(raw) : raw).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as BpfRecord);
}

/** @param explain is told what differs in each record that does not agree */
export function checkCorpus(
  records: readonly BpfRecord[],
  explain: (id: string, difference: string) => void = () => {},
): Conformance {
  const sum: Conformance = {
    total: 0,
    verdict: 0,
    errno: 0,
    error_line: 0,
    error_lines_total: 0,
    runs: 0,
    runs_total: 0,
    map_ops: 0,
    map_ops_total: 0,
    failures: [],
  };
  for (const record of records) {
    sum.total++;
    const difference = record.kind === "map_ops" ? addMapOps(sum, record) : addVerify(sum, record);
    if (difference === "") continue;
    sum.failures.push(record.id);
    explain(record.id, difference);
  }
  return sum;
}

function addMapOps(sum: Conformance, record: Extract<BpfRecord, { kind: "map_ops" }>): string {
  const { agree, difference } = attempt(() => checkMapOpsRecord(record)) ?? {
    agree: 0,
    difference: "it could not be tried",
  };
  sum.map_ops += agree;
  sum.map_ops_total += record.ops.length;
  if (difference === "") {
    sum.verdict++;
    sum.errno++;
  }
  return difference;
}

function addVerify(sum: Conformance, record: VerifyRecord): string {
  sum.runs_total += record.runs.length;
  if (!record.load.ok) sum.error_lines_total++;
  let crash = "";
  const result = attempt(
    () => checkVerifyRecord(record),
    (error) => {
      crash = error;
    },
  );
  if (result === undefined) return `it could not be tried: ${crash}`;
  if (result.verdict) sum.verdict++;
  if (result.errno) sum.errno++;
  if (!record.load.ok && result.errorLine) sum.error_line++;
  sum.runs += result.runs;
  return result.difference;
}

function attempt<T>(check: () => T, told: (error: string) => void = () => {}): T | undefined {
  try {
    return check();
  } catch (error) {
    told(String(error));
    return undefined;
  }
}
