import { expect, test } from "vitest";
import { x86 } from "../index.ts";

test("the functions of the vDSO are listed with their places and instructions", () => {
  const entry = x86.vdso().find(({ name }) => name === "__kernel_vsyscall");
  expect(entry).toMatchObject({ version: "LINUX_2.5", offset: 0x560 });
  expect(entry?.listing.split("\n").slice(3, 6)).toEqual([
    " 563: mov    %esp,%ebp",
    " 565: sysenter",
    " 567: int    $0x80",
  ]);
});
