import { expect, test } from "vitest";
import { Fuzzer } from "./fuzz.ts";

test("garbage for arguments leads to an error or a signal, and the machine goes on", () => {
  const { findings, calls, machines } = new Fuzzer(1).run(20_000);
  expect(findings.slice(0, 20)).toEqual([]);
  expect(calls).toBeGreaterThan(19_000);
  expect(machines).toBeLessThan(10);
}, 120_000);
