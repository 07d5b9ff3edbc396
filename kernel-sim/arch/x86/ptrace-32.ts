import { EIO } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import { getInt64, setInt64 } from "../../mm/uaccess.ts";
import { setUserRegs, userRegs } from "./ptrace.ts";

/** `sizeof(struct user_regs_struct32)`. */
export const USER_REGS32_SIZE = 68;
const USER_DS = 0x2b;

/**
 * The registers of `struct user_regs_struct32`, each by its place in the structure of 64-bit programs; the
 * data segments are flat, and no program of ours can see another one there.
 */
const REGS: readonly (number | "ds" | "null")[] = [
  ...[5, 11, 12, 13, 14, 4, 10],
  ...(["ds", "ds", "null", "null"] as const),
  ...[15, 16, 17, 18, 19, 20],
];

/** @linux arch/x86/kernel/ptrace.c `getreg32` (6.18) */
export function userRegs32(child: Task): Uint8Array {
  const wide = new DataView(userRegs(child).buffer);
  const out = new DataView(new ArrayBuffer(USER_REGS32_SIZE));
  REGS.forEach((place, i) => {
    const value =
      typeof place === "number" ? getInt64(wide, place * 8) : place === "ds" ? USER_DS : 0;
    out.setInt32(i * 4, value | 0, true);
  });
  return new Uint8Array(out.buffer);
}

/** @linux arch/x86/kernel/ptrace.c `putreg32` (6.18) */
export function setUserReg32(child: Task, index: number, value: number): number {
  const place = REGS[index];
  // A segment may be the null one or one of user mode.
  if (typeof place !== "number") return (value & 0xffff) === 0 || (value & 3) === 3 ? 0 : -EIO;
  const word = new DataView(new ArrayBuffer(8));
  // The number of the call is signed: -1 is none. All others are cut off to 32 bits.
  setInt64(word, 0, place === 15 ? value | 0 : value >>> 0);
  return setUserRegs(child, new Uint8Array(word.buffer), place * 8);
}

/** Takes over registers as far as they go. */
export function setUserRegs32(child: Task, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const error = setUserReg32(child, at / 4, view.getInt32(at, true));
    if (error !== 0) return error;
  }
  return 0;
}
