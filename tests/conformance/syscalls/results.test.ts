import { describe, expect, test } from "vitest";
import { isDeepEqual } from "./compare.ts";
import { whatDiffers } from "./report.ts";
import { recordReturn } from "./results.ts";
import { Symbols } from "./symbols.ts";

const symbols = new Symbols();
symbols.namePid("A", 2);
symbols.setVariable("b", 0x7000, true);

describe("what a call answered", () => {
  test.each<{ name: string; call: string; args?: number[]; ret: number; recorded: object }>([
    { name: "is a number", call: "read", ret: 5, recorded: { ret: 5 } },
    { name: "is an error", call: "read", ret: -11, recorded: { err: "EAGAIN" } },
    { name: "is an error without a name", call: "read", ret: -512, recorded: { err: "512" } },
    { name: "is no error beyond 4095", call: "lseek", ret: -4096, recorded: { ret: -4096 } },
    { name: "is a process", call: "wait4", ret: 2, recorded: { ret: { pid: "A" } } },
    { name: "is init", call: "getppid", ret: 1, recorded: { ret: { pid: "init" } } },
    { name: "is no process", call: "wait4", ret: 0, recorded: { ret: 0 } },
    { name: "is a process outside", call: "getppid", ret: 77, recorded: { ret: { pid: "?" } } },
    { name: "is the number of a trapped call", call: "getppid", ret: 110, recorded: { ret: 110 } },
    {
      name: "is where it was wanted",
      call: "mmap",
      args: [0x5000],
      ret: 0x5000,
      recorded: { ret: { addr: "req" } },
    },
    {
      name: "is elsewhere",
      call: "mmap",
      args: [0],
      ret: 0x7000,
      recorded: { ret: { addr: "new" } },
    },
    {
      name: "is the break that a variable holds",
      call: "brk",
      args: [9],
      ret: 0x7000,
      recorded: { ret: { addr: "b" } },
    },
    {
      name: "is without O_LARGEFILE",
      call: "fcntl",
      args: [3, 3],
      ret: 0x8402,
      recorded: { ret: 0x402 },
    },
  ])("$name", ({ call, args = [], ret, recorded }) => {
    const returned = { call, nr: 110, args, ret, outs: [], isOutputOfErrors: false };
    expect(recordReturn(symbols, returned)).toEqual(recorded);
  });

  test("has its outputs, but not when it failed, unless the step says so", () => {
    const outs = [{ key: "a1", record: (ret: number) => `got ${ret}` }];
    const read = { call: "read", nr: 0, args: [], outs };
    const record = (ret: number, isOutputOfErrors: boolean) =>
      recordReturn(symbols, { ...read, ret, isOutputOfErrors });
    expect(record(3, false)).toEqual({ ret: 3, out: { a1: "got 3" } });
    expect(record(-22, false)).toEqual({ err: "EINVAL" });
    expect(record(-22, true)).toEqual({ err: "EINVAL", out: { a1: "got -22" } });
  });
});

test.each([
  { a: { x: 1, y: [1, { z: null }] }, b: { y: [1, { z: null }], x: 1 }, equal: true },
  { a: { x: 1 }, b: { x: 1, y: undefined }, equal: false },
  { a: [1, 2], b: { 0: 1, 1: 2 }, equal: false },
  { a: [1, 2], b: [2, 1], equal: false },
  { a: null, b: {}, equal: false },
  { a: 1, b: "1", equal: false },
])("$a equals $b: $equal", ({ a, b, equal }) => {
  expect(isDeepEqual(a, b)).toBe(equal);
});

test("a difference is shown without what agrees", () => {
  const expected = { ret: 1, out: { a1: "t:x", a2: 4 } };
  const got = { ret: 1, out: { a1: "t:y", a2: 4 } };
  expect(whatDiffers(expected, got)).toEqual([{ out: { a1: "t:x" } }, { out: { a1: "t:y" } }]);
});
