/**
 * Runs files of the eBPF corpus through the simulator and prints, as its last line, one JSON
 * object with what agrees with the recorded Linux.
 *
 *   npm run -s conform:bpf -- FILE... [--explain]
 *
 * `--explain` prints what differs, a record a line.
 */
import { checkCorpus, readCorpus } from "../tests/conformance/bpf-corpus.ts";

const options = process.argv.slice(2).filter((arg) => arg.startsWith("--"));
const files = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const unknown = options.find((option) => option !== "--explain");

if (files.length === 0 || unknown !== undefined) {
  console.error("usage: npm run -s conform:bpf -- FILE... [--explain]");
  process.exit(2);
}

const records = files.flatMap(readCorpus);
const explain = options.includes("--explain")
  ? (id: string, difference: string) => console.log(`${id}: ${difference.slice(0, 300)}`)
  : undefined;
console.log(JSON.stringify(checkCorpus(records, explain)));
