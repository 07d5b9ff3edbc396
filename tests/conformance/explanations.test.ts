import { join } from "node:path";
import { expect, test } from "vitest";
import { explainRefusal } from "../../kernel-sim/bpf/explain/explain.ts";
import { readCorpus } from "./bpf-corpus.ts";
import type { VerifyRecord } from "./bpf-record.ts";

const corpus = join(import.meta.dirname, "../fixtures/bpf");

const refusals = ["reject", "accept", "fuzz"]
  .flatMap((name) => readCorpus(join(corpus, `${name}.jsonl.gz`)))
  .filter((record): record is VerifyRecord => record.kind === "verify" && !record.load.ok);

test("every message that Linux gave has a rule and a repair in plain words", () => {
  const silent = refusals.filter(({ load: { error, errno } }) => {
    const said = explainRefusal(error ?? "", errno, [], []);
    return said === undefined || said.rule === "" || /\$\w/.test(said.rule + said.repair);
  });
  expect(refusals.length).toBeGreaterThan(900);
  expect([...new Set(silent.map(({ load }) => load.error))]).toEqual([]);
});
