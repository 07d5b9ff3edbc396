/**
 * Says which of Linux 6.18's helpers, kernel functions, map, program and attach types the simulator has, and names the
 * others. What counts is what ran: the programs and map operations that were recorded on Linux are played here, and
 * only what they have called where their runs agree is there. The last line is one JSON object.
 *
 *   npm run -s coverage:bpf
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { kfuncBodyNumber, makerNumber, printerNumber } from "../kernel-sim/bpf/helpers/index.ts";
import { callableKfuncs } from "../kernel-sim/bpf/kfuncs/kfunc-entries.ts";
import {
  BPF_ATTACH_TYPE_NAMES,
  BPF_FUNC_NAMES,
  BPF_MAP_TYPE_NAMES,
  BPF_PROG_TYPE_NAMES,
} from "../kernel-sim/bpf/uapi.ts";
import { boot, bpf, type ProgTypeName } from "../kernel-sim/index.ts";
import { readCorpus } from "../tests/conformance/bpf-corpus.ts";
import { checkMapOpsRecord } from "../tests/conformance/bpf-map-ops.ts";
import type { MapOpsRecord, VerifyRecord } from "../tests/conformance/bpf-record.ts";
import { checkVerifyRecord } from "../tests/conformance/bpf-verify.ts";
import { CountingKernel } from "../tests/conformance/counting-kernel.ts";

const fixtures = join(import.meta.dirname, "../tests/fixtures/bpf");
/** Files whose records have another form. */
const OTHERS = new Set(
  [
    "bench-programs",
    "btf-blobs",
    "btf-dumps",
    "classic",
    "links",
    "map-btf",
    "test-runs",
    "xlated",
  ].map((name) => `${name}.jsonl.gz`),
);

const called = new Set<number>();
/** Functions whose bodies have no number of their own. */
const ownBodies = new Set<string>();
const mapTypes = new Set<string>();
const progTypes = new Set<string>();
const attachTypes = new Set<string>();

for (const file of readdirSync(fixtures)) {
  if (OTHERS.has(file)) continue;
  for (const record of readCorpus(join(fixtures, file))) {
    if (record.kind === "map_ops") playMapOps(record);
    else if (record.runs.length > 0) playRuns(record);
  }
}
attachPrograms();

function playRuns(record: VerifyRecord): void {
  const kernel = new CountingKernel();
  if (checkVerifyRecord(record, kernel).runs < record.runs.length) return;
  for (const number of kernel.called) called.add(number);
  noteOwnBodies(record, [...kernel.called]);
  // A run that Linux refuses has not begun.
  if (record.runs.every(({ errno }) => errno !== 0)) return;
  progTypes.add(String(record.prog_type));
  for (const { type } of record.maps) mapTypes.add(type);
  if (typeof record.expected_attach_type === "string") attachTypes.add(record.expected_attach_type);
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

/** Types that no test run is there for hang on the living kernel. */
function attachPrograms(): void {
  const machine = boot();
  const program = bpf.asm("r0 = 1; exit");
  const hooks: readonly (readonly [ProgTypeName, string])[] = [
    ["tracepoint", "sched:sched_switch"],
    ["raw_tracepoint", "sched_switch"],
    ["kprobe", "__x64_sys_openat"],
  ];
  const links = hooks.map(
    ([type, target]) => [type, machine.bpf.mustLoad({ type, program }).attach(target)] as const,
  );
  machine.spawn("/bin/sh", { argv: ["sh", "-c", "cat /etc/hostname"] });
  machine.runUntilIdle();
  for (const [type, link] of links) if (link.runs > 0) progTypes.add(type);
  machine.close();
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
