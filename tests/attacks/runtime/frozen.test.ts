import { Worker } from "node:worker_threads";
import { beforeAll, expect, test } from "vitest";
import type { Walked } from "./frozen-driver.ts";

let walked: Walked;

beforeAll(async () => {
  const worker = new Worker(new URL("./frozen-driver.ts", import.meta.url));
  walked = await new Promise<Walked>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await worker.terminate();
});

test("all that is reachable from a cell's globals is frozen", () => {
  expect(walked.globals.open).toEqual([]);
  // The language alone has more than a thousand.
  expect(walked.globals.objects).toBeGreaterThan(1_000);
});

test("all that is reachable from what the simulator answers is frozen", () => {
  expect(walked.results.open).toEqual([]);
  expect(walked.answered).toContain("machine");
  expect(walked.answered).toContain("bpf error");
  expect(walked.answered).toContain("steps");
});
