import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { fsSyscalls } from "../../kernel-sim/fs/syscalls.ts";
import { TestCaller } from "../../kernel-sim/fs/test-calls.ts";
import { perfSyscalls } from "../../kernel-sim/kernel/events/core.ts";
import { AttachedPrograms } from "../../kernel-sim/trace/attached.ts";
import { perfPlaces } from "../../kernel-sim/trace/perf-places.ts";

/** A call as `record-perf-events.py` has recorded it on a running Linux 6.18. */
interface PerfCall {
  readonly attr: string;
  readonly pid: number;
  readonly cpu: number;
  readonly group: number;
  readonly flags: number;
  readonly errno: number;
  readonly size: number;
}

const calls = gunzipSync(readFileSync("tests/fixtures/bpf/perf-events.jsonl.gz"))
  .toString()
  .trimEnd()
  .split("\n")
  .map((line): PerfCall => JSON.parse(line));

const BLOCK_BYTES = 3 * 4096;
const SIZE = 4;

test("perf_event_open answers what Linux does, and says which size it knows", () => {
  const caller = new TestCaller({ ...fsSyscalls, ...perfSyscalls });
  caller.task.kernel.hooks.perfPlaces = perfPlaces(new AttachedPrograms(), () => {});
  const differing = calls.filter((call) => {
    const block = new Uint8Array(BLOCK_BYTES);
    block.set(Buffer.from(call.attr, "hex"));
    const at = caller.at(0, block);
    const { pid, cpu, group, flags } = call;
    const answer = caller.call("perf_event_open", at, pid, cpu, group, flags);
    if (answer >= 0) caller.call("close", answer);
    const size = new DataView(caller.bytes(0, 8).slice().buffer).getUint32(SIZE, true);
    Object.assign(call, { answer, told: size });
    return Math.min(answer, 0) !== -call.errno || size !== call.size;
  });
  expect(calls).toHaveLength(937);
  expect(differing).toEqual([]);
});
