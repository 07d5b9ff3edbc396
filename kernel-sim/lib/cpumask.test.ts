import { expect, test } from "vitest";
import { EINVAL, EOVERFLOW, ERANGE } from "../include/errno.ts";
import { cpulist, cpumask, parseCpulist, parseCpumask } from "./cpumask.ts";

/** What a Linux 6.18 with two CPUs answered to writes to smp_affinity; -EINVAL for 0 comes later. */
test("masks are read as by a real kernel", () => {
  for (const [text, mask] of [
    ...([["", 0n]] as const),
    ...(["0", "\n", " ", "\0"] as const).map((one) => [one, 0n] as const),
    ...(["8", "100000000", "1,2", "5", "1 1", "00000000,00000003", "0,1"] as const).map(
      (one) => [one, -EOVERFLOW] as const,
    ),
    ...(["zz", "0-1", "0x1", "N", "all", "g", "-1", "1-", "0-1:1/2"] as const).map(
      (one) => [one, -EINVAL] as const,
    ),
    ...([["2\n", 2n]] as const),
    ...(["1", "1\x002", "1,,", ",1", "1\n1"] as const).map((one) => [one, 1n] as const),
    ...(["3", "3 "] as const).map((one) => [one, 3n] as const),
  ] as const) {
    expect([text, parseCpumask(text, 2)]).toEqual([text, mask]);
  }
});

test("lists are read as by a real kernel", () => {
  for (const [text, mask] of [
    ...(["", "\n", " ", "none", "0-1:0/2"] as const).map((one) => [one, 0n] as const),
    ...(["8", "2\n", "3", "1,2", "2-3", "0-9", " 2"] as const).map(
      (one) => [one, -ERANGE] as const,
    ),
    ...(["zz", "1-0", "0x1", "g", "0-1:2/1", "-1", "1-", "0-1-2", "1:1/2"] as const).map(
      (one) => [one, -EINVAL] as const,
    ),
    ...(["0", "0-1:1/2"] as const).map((one) => [one, 1n] as const),
    ...(["1", "1 1", "1\x002", "N", "1,,", ",1", "1\n1"] as const).map((one) => [one, 2n] as const),
    ...(["0-1", "all", "0-N", "0,1"] as const).map((one) => [one, 3n] as const),
  ] as const) {
    expect([text, parseCpulist(text, 2)]).toEqual([text, mask]);
  }
});

test("sets of CPUs are written in groups and in ranges", () => {
  expect(cpumask(5n, 2)).toBe("5");
  expect(cpumask(2n ** 40n - 1n, 64)).toBe("000000ff,ffffffff");
  expect(cpulist(0b1011101n, 64)).toBe("0,2-4,6");
});
