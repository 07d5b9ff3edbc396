/**
 * Asks the running kernel about every record of files of the eBPF corpus's form, and the simulator,
 * and prints what differs: verdict, errno, explaining line, runs, log, map operations. The last line
 * is one JSON object with counts. Where bpf(2) cannot be used it says so and ends with 2.
 *
 *   npm run -s oracle:bpf -- FILE... [--no-log] [--only KIND] [--xlated]
 *
 * Records may come without answers: see tests/conformance/linux-bpf/record.py for what they can ask.
 * `--no-log` does not compare logs, which hold more than the corpus asks for; `--only` prints the
 * differences of one kind, such as `verdict`; `--xlated` asks for no runs, but compares what becomes
 * of programs that are accepted.
 */
import { parseArgs } from "node:util";
import { readCorpus } from "../tests/conformance/bpf-corpus.ts";
import { compareWithKernel } from "../tests/conformance/linux-bpf/compare.ts";
import { NotAskable, RunningKernel } from "../tests/conformance/linux-bpf/running-kernel.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "no-log": { type: "boolean", default: false },
    only: { type: "string" },
    xlated: { type: "boolean", default: false },
  },
});
if (positionals.length === 0) {
  console.error("usage: npm run -s oracle:bpf -- FILE... [--no-log] [--only KIND] [--xlated]");
  process.exit(2);
}
const kernel = new RunningKernel();
if (!(await kernel.isUsable)) {
  console.error("bpf(2) cannot be used here: it takes root on Linux");
  process.exit(2);
}
const counts = { total: 0, agree: 0, differ: 0, untried: 0 };
const kinds: Record<string, number> = {};
for (const record of positionals.flatMap(readCorpus)) {
  counts.total++;
  try {
    const difference = compareWithKernel(
      await kernel.ask(values.xlated ? { ...record, with_xlated: true, runs: [] } : record),
    );
    if (difference === undefined || (values["no-log"] && difference.kind === "log")) {
      counts.agree++;
      continue;
    }
    const { kind, text } = difference;
    counts.differ++;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (values.only === undefined || values.only === kind) {
      console.log(`${record.id}: ${kind}: ${text.slice(0, 600)}`);
    }
  } catch (problem) {
    if (!(problem instanceof NotAskable)) throw problem;
    counts.untried++;
    console.log(`${record.id}: cannot be asked: ${problem.message}`);
  }
}
kernel.close();
console.log(JSON.stringify({ ...counts, kinds }));
