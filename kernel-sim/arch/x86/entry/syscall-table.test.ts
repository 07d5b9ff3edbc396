import { expect, test } from "vitest";
import { PT_REGS_32, PT_REGS_64 } from "./pt-regs.ts";
import { ABSENT_32, ABSENT_64 } from "./syscall-absent.ts";
import { FIRST_SYSCALLS, NEVER_IMPLEMENTED, SYSCALL_ADDED } from "./syscall-history.ts";
import { syscallNames32, syscallNumbers32 } from "./syscall-table-32.ts";
import { syscallNames64, syscallNumbers64 } from "./syscall-table-64.ts";

test.each([
  { abi: "x86-64", names: syscallNames64, rows: 383, last: "file_setattr" },
  { abi: "i386", names: syscallNames32, rows: 459, last: "file_setattr" },
])("$abi has $rows rows and ends at 469", ({ names, rows, last }) => {
  expect(names.filter((name) => name !== undefined)).toHaveLength(rows);
  expect(names).toHaveLength(470);
  expect(names[469]).toBe(last);
});

test.each([
  ["read", 0, 3],
  ["execve", 59, 11],
  ["exit_group", 231, 252],
  ["openat", 257, 295],
  ["openat2", 437, 437],
  ["clone3", 435, 435],
  ["mseal", 462, 462],
])("%s is %i on x86-64 and %i on i386", (name, number64, number32) => {
  expect(syscallNumbers64[name]).toBe(number64);
  expect(syscallNumbers32[name]).toBe(number32);
});

test("numbers 337 to 423 of x86-64 are left free, so that both ABIs count alike from 424", () => {
  for (let number = 337; number < 424; number++) expect(syscallNames64[number]).toBeUndefined();
  for (let number = 424; number < 470; number++) {
    expect(syscallNames64[number]).toBe(syscallNames32[number]);
  }
});

test("Linux 0.01 has 67 calls, and i386 keeps their numbers where they live on", () => {
  expect(FIRST_SYSCALLS).toHaveLength(67);
  for (const name of ["exit", "fork", "read", "brk", "dup2", "setsid"]) {
    expect(syscallNumbers32[name]).toBe(FIRST_SYSCALLS.indexOf(name));
  }
});

test("each row came in some release or never had code, and what has no code has a row", () => {
  for (const names of [syscallNames32, syscallNames64]) {
    for (const name of names) {
      if (name === undefined) continue;
      expect([name, NEVER_IMPLEMENTED.includes(name)]).toEqual([name, !(name in SYSCALL_ADDED)]);
    }
  }
  expect(ABSENT_32.every((number) => syscallNames32[number] !== undefined)).toBe(true);
  expect(ABSENT_64.every((number) => syscallNames64[number] !== undefined)).toBe(true);
});

test("pt_regs has 17 words of 4 bytes, and 21 of 8", () => {
  expect(PT_REGS_32.sizeBytes).toBe(68);
  expect(PT_REGS_64.sizeBytes).toBe(168);
  expect(PT_REGS_32.fields.find(({ name }) => name === "orig_ax")?.offsetBytes).toBe(44);
  expect(PT_REGS_64.fields.find(({ name }) => name === "ip")?.offsetBytes).toBe(128);
});
