import { join } from "node:path";
import { expect, test } from "vitest";
import { checkCorpus, readCorpus } from "./bpf-corpus.ts";

const file = join(import.meta.dirname, "../fixtures/bpf/values.jsonl.gz");

/**
 * Pointers to objects, lists, trees, timers and works in values of maps of all types: used, read and written from outside,
 * and gone with their values (linux-bpf/record.py).
 */
test("what is the kernel's own in values of maps lives and ends as on Linux 6.18", () => {
  const differences: string[] = [];
  const { verdict, total, runs, runs_total } = checkCorpus(readCorpus(file), (id, difference) =>
    differences.push(`${id}: ${difference.slice(0, 200)}`),
  );
  expect(differences).toEqual([]);
  expect([total, runs_total]).toEqual([63, 1324]);
  expect([verdict, runs]).toEqual([total, runs_total]);
});
