import { join } from "node:path";
import { expect, test } from "vitest";
import type { BpfKernel } from "../../kernel-sim/bpf/kernel.ts";
import type { LoadedProgram } from "../../kernel-sim/bpf/program.ts";
import { testRun } from "../../kernel-sim/bpf/test-run.ts";
import { EINVAL, ENOMEM } from "../../kernel-sim/include/errno.ts";
import { readCorpus } from "./bpf-corpus.ts";
import { fromHex, loadRecord, newKernel } from "./bpf-verify.ts";

const RECORDS = readCorpus(join(import.meta.dirname, "../fixtures/bpf/values.jsonl.gz"));
/** What a test run needs for its packet, its context and the socket. */
const RUN_BYTES = [4096, 192, 80];
const MEMORY_BYTES = 1 << 28;

function fill({ memory }: BpfKernel): void {
  for (let size = MEMORY_BYTES; size >= 8; size /= 2) while (memory.alloc(size) !== 0);
}

/** Every seventh: objects, lists, trees, timers and works are all among them. */
test("a program on a full machine runs, or answers ENOMEM, and nothing breaks", () => {
  const answers = new Set<number>();
  for (const [i, record] of RECORDS.entries()) {
    if (record.kind !== "verify" || i % 7 !== 0) continue;
    const kernel = newKernel();
    kernel.jit.warmInsns = i % 2 === 0 ? 0 : Infinity;
    const prog = kernel.files.get(loadRecord(kernel, record).fd) as LoadedProgram;
    const rooms = kernel.memory.allocAll(...RUN_BYTES);
    fill(kernel);
    for (const isRoomThere of [false, true]) {
      for (const [at, size] of RUN_BYTES.entries()) {
        if (isRoomThere) kernel.memory.freeNow(rooms?.[at] ?? 0, size);
      }
      for (const { data_in: dataIn, ctx_in: ctxIn } of record.runs) {
        const request = { dataIn: fromHex(dataIn ?? ""), repeat: 0 };
        const ctx = ctxIn === undefined ? undefined : fromHex(ctxIn);
        answers.add(testRun(kernel, prog, { ...request, ctxIn: ctx }).errno);
        kernel.async.advanceTo(kernel.clock.now() + 1_000_000);
      }
    }
  }
  answers.delete(-EINVAL);
  expect([...answers].sort((a, b) => b - a)).toEqual([0, -ENOMEM]);
});
