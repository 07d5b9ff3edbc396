import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import { bpfDoor } from "../../kernel-sim/bpf/sys/door.ts";
import { TestCaller } from "../../kernel-sim/fs/test-calls.ts";
import { Clock } from "../../kernel-sim/hw/clock.ts";
import { bpfSyscalls } from "../../kernel-sim/kernel/bpf.ts";
import { mmSyscalls } from "../../kernel-sim/mm/syscalls.ts";
import { TraceRing } from "../../kernel-sim/trace/ring.ts";

/** Protection, flags, offset, pages; an errno, or what mprotect(2) says then. */
type Row = readonly [number, number, number, number, number | readonly number[]];

interface MapRecord {
  readonly map: readonly number[];
  readonly frozen: boolean;
  readonly rows: readonly Row[];
}

const MAP_FREEZE = 22;
const PAGE = 4096;

test("tasks may map maps as on Linux (record-map-mmap.py)", () => {
  const file = gunzipSync(readFileSync("tests/fixtures/bpf/map-mmap.jsonl.gz")).toString();
  const records = file.trimEnd().split("\n");
  let calls = 0;
  for (const line of records) {
    const { map, frozen, rows } = JSON.parse(line) as MapRecord;
    const task = new TestCaller({ ...bpfSyscalls, ...mmSyscalls });
    const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
    task.task.kernel.hooks.bpf = bpfDoor(() => kernel);
    const bpf = (command: number, words: readonly number[]) => {
      const bytes = new Uint8Array(Uint32Array.from(words).buffer);
      return task.call("bpf", command, task.at(0, bytes), bytes.length);
    };
    const fd = bpf(0, map);
    if (frozen) bpf(MAP_FREEZE, [fd]);
    const answers = rows.map((row) => [...row.slice(0, 4), answerOf(task, fd, row)]);
    expect(answers, `map ${map} ${frozen ? "frozen" : ""}`).toEqual(rows);
    calls += rows.length;
  }
  expect(calls).toBe(3240);
});

function answerOf(task: TestCaller, fd: number, row: Row): number | number[] {
  const [prot, flags, offset, pages] = row;
  const bytes = pages * PAGE;
  const place = task.call("mmap", 0, bytes, prot, flags, fd, offset);
  if (place < 0) return place;
  const changed = [1, 3, 5].map((wanted) => task.call("mprotect", place, PAGE, wanted));
  expect(task.call("munmap", place, bytes)).toBe(0);
  return changed;
}
