import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { LoadRecord, RunRecord } from "../bpf-record.ts";

/** What Linux answered to one program. */
export interface ProgramAnswer {
  readonly load: LoadRecord;
  readonly runs: readonly RunRecord[];
  readonly nondeterministic?: readonly string[];
}

/** An object, and what Linux answered to its programs. */
export interface CompiledObject {
  readonly name: string;
  /** The source beside, and what it was compiled with. */
  readonly source: string;
  readonly flags: string;
  /** In hex. */
  readonly elf: string;
  /** By the name of the program. */
  readonly answers: Readonly<Record<string, ProgramAnswer>>;
}

export const COMPILED_FOLDER = join(import.meta.dirname, "../../fixtures/bpf/compiled");
export const COMPILED_OBJECTS = join(COMPILED_FOLDER, "objects.jsonl.gz");

export function compiledObjects(): CompiledObject[] {
  const lines = gunzipSync(readFileSync(COMPILED_OBJECTS)).toString().trim().split("\n");
  return lines.map((line) => JSON.parse(line) as CompiledObject);
}
