/**
 * Random BPF programs, asked of the running kernel and of the simulator: verdict, errno, explaining
 * line and the whole log have to be the same, and what accepted programs do. A difference is made
 * small and printed as a record of the corpus's form. The last line is one JSON object with counts.
 *
 *   npm run -s fuzz:bpf -- [--minutes N] [--seed S] [--programs N] [--out FILE] [--corpus FILE]...
 *
 * The programs are made up near what range tracking can prove, or are programs of the corpus with a
 * few instructions changed. `--out` collects the records of what differs.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { textsOf } from "../kernel-sim/bpf/program-text.ts";
import { readCorpus } from "../tests/conformance/bpf-corpus.ts";
import type { VerifyRecord } from "../tests/conformance/bpf-record.ts";
import { programOf } from "../tests/conformance/linux-bpf/fuzz/fuzz-program.ts";
import { FuzzSession } from "../tests/conformance/linux-bpf/fuzz/session.ts";
import { RunningKernel } from "../tests/conformance/linux-bpf/running-kernel.ts";

const FIXTURES = join(import.meta.dirname, "../tests/fixtures/bpf");
const DEFAULT_CORPUS = ["accept", "reject", "fuzz"].map((name) =>
  join(FIXTURES, `${name}.jsonl.gz`),
);

/** Some random programs take the kernel minutes; they show nothing that smaller ones do not. */
const SECONDS_A_QUESTION = 10;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    programs: { type: "string", default: "Infinity" },
    seed: { type: "string", default: "1" },
    out: { type: "string" },
    corpus: { type: "string", multiple: true, default: DEFAULT_CORPUS },
  },
});
const kernel = new RunningKernel(SECONDS_A_QUESTION);
if (!(await kernel.isUsable)) {
  console.error("bpf(2) cannot be used here: it takes root on Linux");
  process.exit(2);
}
const records = values.corpus.flatMap(readCorpus);
const programs = records.filter((record): record is VerifyRecord => record.kind === "verify");
const session = new FuzzSession(kernel, programs);
const began = performance.now();
const isOver = () =>
  performance.now() - began > Number(values.minutes) * 60_000 ||
  session.counts.programs >= Number(values.programs);
for await (const { seed, difference, record } of session.run(Number(values.seed), isOver)) {
  const asm = textsOf(programOf(record).insns).map((text, slot) => `${slot}: ${text}`);
  const shown = asm.filter((text) => !text.endsWith(": "));
  const found = { ...record, id: `found-${seed}`, group: "found", asm: shown };
  console.log(`seed ${seed}: ${difference.kind}: ${difference.text}\n  ${shown.join("\n  ")}`);
  if (values.out === undefined) console.log(JSON.stringify(found));
  else appendFileSync(values.out, `${JSON.stringify(found)}\n`);
}
kernel.close();
for (const [signature, times] of session.seen) console.log(`${times} times ${signature}`);
const seconds = Math.round((performance.now() - began) / 100) / 10;
console.log(JSON.stringify({ ...session.counts, seconds }));
if (session.counts.differ > 0) process.exitCode = 1;
