import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { socketFiltersOf } from "../../kernel-sim/bpf/socket-filter.ts";
import { fromHex, newKernel, toHex } from "./bpf-verify.ts";

interface ClassicRecord {
  readonly insns: string;
  readonly errno: number;
  /** What was sent, and what of it arrived. */
  readonly datagrams: readonly (readonly [string, string | null])[];
}

const fixture = join(import.meta.dirname, "../fixtures/bpf/classic.jsonl.gz");
const records = gunzipSync(readFileSync(fixture))
  .toString("utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as ClassicRecord);

test("random classic programs are refused, and cut datagrams, as on Linux 6.18", () => {
  const kernel = newKernel();
  const { classic } = socketFiltersOf(() => kernel);
  expect(records.length).toBe(600);
  for (const { insns, errno, datagrams } of records) {
    const filter = classic(fromHex(insns));
    expect(typeof filter === "number" ? -filter : 0, insns).toBe(errno);
    if (typeof filter === "number") continue;
    for (const [sent, received] of datagrams) {
      const bytes = fromHex(sent);
      const where = { dataOff: 0, networkOff: 0, protocol: 0, device: undefined };
      const kept = filter.run({ bytes, ...where, mark: 0, priority: 0, cpu: 0 });
      expect(kept === 0 ? null : toHex(bytes.subarray(0, kept)), insns).toBe(received);
    }
  }
});
