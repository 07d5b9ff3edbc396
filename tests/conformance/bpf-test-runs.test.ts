import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { progLoad } from "../../kernel-sim/bpf/prog-load.ts";
import type { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import { decode } from "../../kernel-sim/bpf/program-text.ts";
import { testRun } from "../../kernel-sim/bpf/test-run.ts";
import { BPF_PROG_TYPE_SYSCALL } from "../../kernel-sim/bpf/uapi.ts";
import { fromHex, newKernel, toHex } from "./bpf-verify.ts";

/** What BPF_PROG_TEST_RUN was asked on Linux 6.18, and what it answered. */
interface TestRunRecord {
  readonly name: string;
  readonly type: number;
  readonly attachType: number;
  readonly insns: string;
  readonly ask: {
    readonly dataIn?: string;
    readonly ctxIn?: string;
    readonly repeat?: number;
  };
  readonly want: Readonly<Record<string, number | string>>;
}

const fixture = join(import.meta.dirname, "../fixtures/bpf/test-runs.jsonl.gz");
const BPF_F_SLEEPABLE = 16;

function answerOf({ type, attachType, insns, ask, want }: TestRunRecord) {
  const kernel = newKernel();
  const program = decode(fromHex(insns));
  const { fd } = progLoad(kernel, {
    progType: type,
    expectedAttachType: attachType,
    insns: program,
    insnCnt: program.length,
    license: "GPL",
    progFlags: type === BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
    logLevel: 0,
    logSize: 0,
    hasLogBuffer: false,
    name: "",
  });
  const outcome = testRun(kernel, kernel.files.get(fd) as LoadedProgram, {
    repeat: 0,
    ...ask,
    dataIn: fromHex(ask.dataIn ?? ""),
    ctxIn: ask.ctxIn === undefined ? undefined : fromHex(ask.ctxIn),
  });
  const answer: Readonly<Record<string, unknown>> = { ...outcome, errno: -outcome.errno };
  const asked = Object.keys(want).map((field) => [field, answer[field]] as const);
  const shown = asked.map(([field, value]) => [
    field,
    value instanceof Uint8Array ? toHex(value) : (value ?? ""),
  ]);
  return Object.fromEntries(shown);
}

test("programs of all types run, or are refused, as on Linux 6.18", () => {
  const lines = gunzipSync(readFileSync(fixture)).toString("utf8").trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line) as TestRunRecord);
  const different = records.filter(
    (record) => JSON.stringify(answerOf(record)) !== JSON.stringify(record.want),
  );
  const told = different.slice(0, 20).map((record) => ({ ...answerOf(record), name: record.name }));
  expect(records.length).toBe(848);
  expect(told).toEqual([]);
});
