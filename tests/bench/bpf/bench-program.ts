import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { MapTypeName } from "../../../kernel-sim/index.ts";

/** A program of the benchmark set. */
export interface BenchProgram {
  readonly id: string;
  readonly insns: string;
  readonly maps: readonly {
    readonly type: MapTypeName;
    readonly key: number;
    readonly value: number;
    readonly max: number;
  }[];
  readonly input: { readonly packet: string };
  readonly expect: {
    readonly retval: number;
    readonly executed: number;
    readonly executedSteady: number;
  };
}

const OWN = join(import.meta.dirname, "../../fixtures/bpf/bench-programs.jsonl.gz");

/** The programs of a file, one a line. */
export function benchPrograms(file = OWN): BenchProgram[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as BenchProgram);
}
