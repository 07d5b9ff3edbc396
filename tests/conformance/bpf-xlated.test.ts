import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readCorpus } from "./bpf-corpus.ts";
import type { VerifyRecord } from "./bpf-record.ts";
import { xlatedAsLinux } from "./xlated.ts";

const folder = join(import.meta.dirname, "../fixtures/bpf");

/** What those differ in that do. */
function differences(records: readonly VerifyRecord[]): string[] {
  return records
    .map((record) => [record.id, xlatedAsLinux(record)])
    .filter(([, difference]) => difference !== "")
    .map(([id, difference]) => `${id}: ${difference}`);
}

/** Programs of another file, with what BPF_OBJ_GET_INFO_BY_FD answers for them. */
interface Recorded extends Pick<VerifyRecord, "id" | "xlated"> {
  readonly in: string;
}

// What BPF_OBJ_GET_INFO_BY_FD answers for programs of the other files on Linux 6.18.
test("programs are rewritten as Linux rewrites them", () => {
  const lines = gunzipSync(readFileSync(join(folder, "xlated.jsonl.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n");
  const [first = "", ...others] = lines;
  const { calls } = JSON.parse(first) as { readonly calls: Record<string, string> };
  const recorded = others.map((line) => JSON.parse(line) as Recorded);
  const files = new Set(recorded.map((one) => one.in));
  for (const file of files) {
    const records = new Map(
      readCorpus(join(folder, `${file}.jsonl.gz`)).map((one) => [one.id, one as VerifyRecord]),
    );
    const asked = recorded
      .filter((one) => one.in === file)
      .map((one) => ({ ...(records.get(one.id) as VerifyRecord), ...one, xlated_calls: calls }));
    expect(differences(asked), file).toEqual([]);
  }
  expect(recorded.length).toBeGreaterThanOrEqual(600);
});

test.each([
  // Every field of every context.
  "xlated-programs",
  // Of tasks with few capabilities, with barriers and masks.
  "capped",
  "arena",
])("so are programs of %s", (name) => {
  const records = readCorpus(join(folder, `${name}.jsonl.gz`)) as VerifyRecord[];
  const shown = records.filter(({ xlated }) => xlated !== undefined && xlated !== "");
  expect(shown.length).toBeGreaterThan(0);
  expect(differences(shown)).toEqual([]);
});
