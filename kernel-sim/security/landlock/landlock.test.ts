import { beforeEach, describe, expect, test } from "vitest";
import { fsSyscalls } from "../../fs/syscalls.ts";
import { TestCaller } from "../../fs/test-calls.ts";
import { E2BIG, EACCES, EXDEV } from "../../include/errno.ts";
import { initLandlock } from "./init.ts";
import { landlockSyscalls } from "./syscalls.ts";

const AT_FDCWD = -100;
const O_PATH = 0o10000000;
const READ_FILE = 1 << 2;
const MAKE_REG = 1 << 8;
const REMOVE_FILE = 1 << 5;
const REFER = 1 << 13;

let caller: TestCaller;

beforeEach(() => {
  caller = new TestCaller({ ...fsSyscalls, ...landlockSyscalls });
  initLandlock(caller.task.kernel);
  for (const dir of ["/in", "/out"]) {
    caller.call("mkdir", caller.at(0, dir), 0o755);
    caller.call("close", caller.call("openat", AT_FDCWD, caller.at(0, `${dir}/f`), 0o101, 0o644));
  }
});

/** Handles `handled` and allows `allowed` below /in. */
function restrict(handled: number, allowed: number): number {
  const attr = new Uint8Array(new BigUint64Array([BigInt(handled), 0n, 0n]).buffer);
  const ruleset = caller.call("landlock_create_ruleset", caller.at(1, attr), 24, 0);
  const dir = caller.call("openat", AT_FDCWD, caller.at(0, "/in"), O_PATH, 0);
  const rule = new Uint8Array(12);
  new DataView(rule.buffer).setUint32(0, allowed, true);
  new DataView(rule.buffer).setInt32(8, dir, true);
  expect(caller.call("landlock_add_rule", ruleset, 1, caller.at(1, rule), 0)).toBe(0);
  caller.call("close", dir);
  const result = caller.call("landlock_restrict_self", ruleset, 0);
  caller.call("close", ruleset);
  return result;
}

function read(path: string): number {
  return caller.call("openat", AT_FDCWD, caller.at(0, path), 0, 0);
}

test("what is handled is allowed only where a rule says so, and root is bound too", () => {
  expect(restrict(READ_FILE, READ_FILE)).toBe(0);
  expect(read("/in/f")).toBeGreaterThanOrEqual(0);
  expect(read("/out/f")).toBe(-EACCES);
});

test("a second layer can only take away", () => {
  restrict(READ_FILE | MAKE_REG, READ_FILE);
  restrict(READ_FILE | MAKE_REG, READ_FILE | MAKE_REG);
  expect(read("/in/f")).toBeGreaterThanOrEqual(0);
  expect(caller.call("mknod", caller.at(0, "/in/g"), 0o100644, 0)).toBe(-EACCES);
});

test("the seventeenth layer answers E2BIG", () => {
  for (let i = 0; i < 16; i++) expect(restrict(READ_FILE, READ_FILE)).toBe(0);
  expect(restrict(READ_FILE, READ_FILE)).toBe(-E2BIG);
});

describe("moving a file to another directory", () => {
  const handled = MAKE_REG | REMOVE_FILE | REFER;

  test("answers EXDEV without the right to refer", () => {
    caller.call("mkdir", caller.at(0, "/in/d"), 0o755);
    restrict(MAKE_REG | REMOVE_FILE, MAKE_REG | REMOVE_FILE);
    expect(caller.call("rename", caller.at(0, "/in/f"), caller.at(1, "/in/d/f"))).toBe(-EXDEV);
  });

  test("works with it, but not to where less is allowed", () => {
    caller.call("mkdir", caller.at(0, "/in/d"), 0o755);
    restrict(handled, handled);
    expect(caller.call("rename", caller.at(0, "/in/f"), caller.at(1, "/out/g"))).toBe(-EACCES);
    expect(caller.call("rename", caller.at(0, "/in/f"), caller.at(1, "/in/d/f"))).toBe(0);
  });
});
