/**
 * Says which of Linux 6.18's helpers, kernel functions, map, program and attach types the simulator has, and names the
 * others. What counts is what ran: the programs and map operations that were recorded on Linux are played here, and the
 * tests of the simulator are run. There is only what programs have called where their runs agree with Linux's, or in
 * a test that passed. The last line is one JSON object.
 *
 *   npm run -s coverage:bpf
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startVitest } from "vitest/node";
import { kfuncBodyNumber, makerNumber, printerNumber } from "../kernel-sim/bpf/helpers/index.ts";
import { callableKfuncs } from "../kernel-sim/bpf/kfuncs/kfunc-entries.ts";
import {
  BPF_ATTACH_TYPE_NAMES,
  BPF_FUNC_NAMES,
  BPF_MAP_TYPE_NAMES,
  BPF_PROG_TYPE_NAMES,
} from "../kernel-sim/bpf/uapi.ts";
import { readCorpus } from "../tests/conformance/bpf-corpus.ts";
import { checkMapOpsRecord } from "../tests/conformance/bpf-map-ops.ts";
import type { MapOpsRecord, VerifyRecord } from "../tests/conformance/bpf-record.ts";
import { checkVerifyRecord } from "../tests/conformance/bpf-verify.ts";
import { type RunNotes, takeRunNotes } from "../tests/conformance/run-notes.ts";

const fixtures = join(import.meta.dirname, "../tests/fixtures/bpf");
/** Files whose records have another form. */
const OTHERS = new Set(
  [
    "bench-programs",
    "btf-blobs",
    "btf-dumps",
    "calls-of-bpf",
    "classic",
    "kernel-layouts",
    "links",
    "map-btf",
    "map-mmap",
    "perf-events",
    "struct-ops-values",
    "test-runs",
    "xlated",
  ].map((name) => `${name}.jsonl.gz`),
);

/** Where tests of the simulator are that run programs. */
const TESTS = [
  ...["kernel-sim/bpf", "kernel-sim/trace", "kernel-sim/facade", "kernel-sim/kernel/bpf"],
  ...["tests/conformance/bpf-links", "tests/conformance/bpf-perf"],
];

const called = new Set<number>();
/** Functions whose bodies have no number of their own. */
const ownBodies = new Set<string>();
const mapTypes = new Set<string>();
const progTypes = new Set<string>();
const attachTypes = new Set<string>();

for (const file of readdirSync(fixtures)) {
  if (!file.endsWith(".jsonl.gz") || OTHERS.has(file)) continue;
  for (const record of readCorpus(join(fixtures, file))) {
    if (record.kind === "map_ops") playMapOps(record);
    else if (record.kind === "verify" && record.runs.length > 0) playRuns(record);
  }
}
await runTests();

function playRuns(record: VerifyRecord): void {
  takeRunNotes();
  if (checkVerifyRecord(record).runs < record.runs.length) return;
  const notes = takeRunNotes();
  addNotes(notes);
  noteOwnBodies(record, notes.called);
  // A run that Linux refuses has not begun.
  if (record.runs.every(({ errno }) => errno !== 0)) return;
  for (const { type } of record.maps) mapTypes.add(type);
}

function addNotes(notes: RunNotes): void {
  for (const number of notes.called) called.add(number);
  for (const type of notes.progTypes) progTypes.add(type);
  for (const type of notes.attachTypes) attachTypes.add(type);
  for (const type of notes.mapTypes) mapTypes.add(type);
  if (notes.hasThrown) ownBodies.add("bpf_throw");
}

/** Some functions have a body for each type or program that they work for, so that the record says which one it was. */
function noteOwnBodies({ kfuncs }: VerifyRecord, numbers: readonly number[]): void {
  const isMade = numbers.some((number) => number >= makerNumber(0) && number < printerNumber(0));
  const isPrinted = numbers.some((number) => number >= printerNumber(0));
  for (const name of Object.values(kfuncs ?? {})) {
    if (isMade && /^bpf_(percpu_)?obj_new_impl$/.test(name)) ownBodies.add(name);
    if (isPrinted && name === "bpf_stream_vprintk_impl") ownBodies.add(name);
  }
}

/** Of maps that somebody puts something into, or takes it out of. */
function playMapOps(record: MapOpsRecord): void {
  if (checkMapOpsRecord(record).agree < record.ops.length) return;
  const types = new Map<string, string>();
  for (const { op, map, as, errno } of record.ops) {
    if (errno !== 0) continue;
    if (op === "create" && typeof map === "object" && as !== undefined) types.set(as, map.type);
    const type = typeof map === "string" ? types.get(map) : undefined;
    if (op !== "create" && op !== "info" && op !== "freeze" && type !== undefined) {
      mapTypes.add(type);
    }
  }
}

async function runTests(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bpf-runs-"));
  const notes = join(folder, "notes.jsonl");
  process.env["BPF_RUN_NOTES"] = notes;
  const vitest = await startVitest("test", TESTS, {
    ...{ config: false, isolate: false, watch: false, reporters: [{}], testTimeout: 60_000 },
    setupFiles: [join(import.meta.dirname, "../tests/conformance/note-runs.ts")],
  });
  await vitest.close();
  const lines = readFileSync(notes, "utf8").split("\n");
  for (const line of lines) if (line !== "") addNotes(JSON.parse(line) as RunNotes);
  rmSync(folder, { recursive: true });
}

function counted(what: string, names: readonly string[], isThere: (name: string) => boolean) {
  const missing = names.filter((name) => !isThere(name));
  if (missing.length > 0) console.log(`${what} that no run has shown: ${missing.join(", ")}`);
  return { present: names.length - missing.length, total: names.length };
}

const isKfuncCalled = (name: string) =>
  ownBodies.has(name) ||
  [true, false].some((mayWrite) => {
    const number = kfuncBodyNumber(name, mayWrite);
    return number !== undefined && called.has(number);
  });

console.log(
  JSON.stringify({
    helpers: counted("helpers", BPF_FUNC_NAMES.slice(1), (name) =>
      called.has(BPF_FUNC_NAMES.indexOf(name)),
    ),
    kfuncs: counted("kfuncs", callableKfuncs(), isKfuncCalled),
    map_types: counted("map types", BPF_MAP_TYPE_NAMES.slice(1), (name) => mapTypes.has(name)),
    program_types: counted("program types", BPF_PROG_TYPE_NAMES.slice(1), (name) =>
      progTypes.has(name),
    ),
    attach_types: counted("attach types", BPF_ATTACH_TYPE_NAMES, (name) => attachTypes.has(name)),
  }),
);
