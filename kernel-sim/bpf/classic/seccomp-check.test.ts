import { expect, test } from "vitest";
import { EINVAL } from "../../include/errno.ts";
import { bpfConvertFilter } from "./convert.ts";
import { seccompCheckFilter } from "./seccomp-check.ts";

const RETURN_A = { code: 0x16, jt: 0, jf: 0, k: 0 };

// As seccomp(SECCOMP_SET_MODE_FILTER) answered on Linux 6.18.
test.each([
  { name: "a word of the data", code: 0x20, k: 60, errno: 0 },
  { name: "a word behind the data", code: 0x20, k: 64, errno: EINVAL },
  { name: "a word that is not aligned", code: 0x20, k: 2, errno: EINVAL },
  { name: "half a word", code: 0x28, k: 0, errno: EINVAL },
  { name: "an indirect word", code: 0x40, k: 0, errno: EINVAL },
  { name: "the length of an IP header", code: 0xb1, k: 0, errno: EINVAL },
  { name: "a remainder", code: 0x94, k: 3, errno: EINVAL },
  { name: "a quotient", code: 0x34, k: 3, errno: 0 },
])("$name answers $errno", ({ code, k, errno }) => {
  const checked = seccompCheckFilter([{ code, jt: 0, jf: 0, k }, RETURN_A]);
  expect(typeof checked === "number" ? -checked : 0).toBe(errno);
});

test("loads become loads from the data, and its length a constant", () => {
  const checked = seccompCheckFilter([
    { code: 0x20, jt: 0, jf: 0, k: 4 },
    { code: 0x81, jt: 0, jf: 0, k: 0 },
    RETURN_A,
  ]);
  if (typeof checked === "number") throw new Error(`refused with ${checked}`);
  const [load, length] = bpfConvertFilter(checked).slice(3);
  expect(load).toEqual({ code: 0x61, dstReg: 0, srcReg: 6, off: 4, imm: 0 });
  expect(length).toEqual({ code: 0xb4, dstReg: 7, srcReg: 0, off: 0, imm: 64 });
});
