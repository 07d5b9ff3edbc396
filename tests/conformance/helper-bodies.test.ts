import { join } from "node:path";
import { expect, test } from "vitest";
import { checkCorpus, readCorpus } from "./bpf-corpus.ts";

const file = join(import.meta.dirname, "../fixtures/bpf/helper-bodies.jsonl.gz");

/** Sizes, flags and formats at their limits, on packets of IPv4, IPv6, with a VLAN and too short (linux-bpf/record.py). */
test("helpers answer and leave behind what they do on Linux 6.18", () => {
  const differences: string[] = [];
  const { verdict, total, runs, runs_total } = checkCorpus(readCorpus(file), (id, difference) =>
    differences.push(`${id}: ${difference.slice(0, 200)}`),
  );
  expect(differences.slice(0, 20)).toEqual([]);
  expect([total, runs_total]).toEqual([2486, 4392]);
  expect([verdict, runs]).toEqual([total, runs_total]);
});
