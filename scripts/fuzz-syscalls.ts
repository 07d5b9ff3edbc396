/**
 * Makes random system calls with garbage for arguments on the simulated kernel. What breaks it, or
 * what no Linux would answer, is printed; the last line is one JSON object.
 *
 *   npm run -s fuzz:syscalls -- [--calls N] [--seed N] [--only CALL,CALL]
 */
import { parseArgs } from "node:util";
import { Fuzzer } from "../tests/conformance/syscalls/fuzz.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "200000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const began = performance.now();
const fuzzer = new Fuzzer(Number(values.seed), values.only?.split(","));
const { findings, succeeded, slow, ...counts } = fuzzer.run(Number(values.calls));
const seen = new Map<string, number>();
for (const { call, args, what, where } of findings) {
  const key = `${where === "" ? call : where}: ${what}`;
  const times = (seen.get(key) ?? 0) + 1;
  seen.set(key, times);
  if (times === 1) console.log(`${call}(${args.join(", ")}): ${what}  at ${where}`);
}
for (const [key, times] of seen) if (times > 1) console.log(`${times} times ${key}`);
for (const { call, args, what } of slow)
  console.log(`slow: ${call}(${args.join(", ")}) took ${what}`);
const seconds = Math.round((performance.now() - began) / 100) / 10;
const summary = {
  ...counts,
  succeeded: succeeded.size,
  findings: findings.length,
  slow: slow.length,
  seconds,
};
console.log(JSON.stringify(summary));
if (findings.length > 0) process.exitCode = 1;
