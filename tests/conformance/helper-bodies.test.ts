import { join } from "node:path";
import { expect, test } from "vitest";
import { checkCorpus, readCorpus } from "./bpf-corpus.ts";

const recorded = (name: string) =>
  readCorpus(join(import.meta.dirname, `../fixtures/bpf/${name}.jsonl.gz`));

// Recorded by linux-bpf/record.py.
test.each([
  {
    name: "helpers: sizes, flags and formats at their limits, on packets of IPv4, IPv6, with a VLAN and too short",
    file: "helper-bodies",
    counts: [2486, 4392],
  },
  {
    name: "functions of the kernel: ciphers, keyrings, caches, attributes of groups, locks",
    file: "kfunc-bodies",
    counts: [47, 367],
  },
])("$name answer and leave behind what they do on Linux 6.18", ({ file, counts }) => {
  const differences: string[] = [];
  const { verdict, total, runs, runs_total } = checkCorpus(recorded(file), (id, difference) =>
    differences.push(`${id}: ${difference.slice(0, 200)}`),
  );
  expect(differences.slice(0, 20)).toEqual([]);
  expect([total, runs_total]).toEqual(counts);
  expect([verdict, runs]).toEqual([total, runs_total]);
});
