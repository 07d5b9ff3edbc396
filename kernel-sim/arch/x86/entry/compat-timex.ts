import { EFAULT } from "../../../include/errno.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { Task } from "../../../kernel/task.ts";
import { copyToUser, getInt64, setInt64, structFromUser } from "../../../mm/uaccess.ts";
import { andThen, Scratch } from "./compat-translate.ts";

const TIMEX_BYTES = 208;
const TIMEX32_BYTES = 128;
/** Which of the fields at the beginning are `int` for 64-bit programs too, by their order. */
const INTS: readonly number[] = [0, 5, 14];
const FIELDS = 20;
/** Words of padding before `tai`, which is an `int` and the twenty-first field. */
const TAI = 160;
const TAI32 = 80;

/**
 * Lets a call work on `struct timex` for a program that has `struct old_timex32`: twenty fields, most of them
 * `long`, then `tai`.
 *
 * @linux kernel/time/time.c `get_old_timex32`, `put_old_timex32` (6.18)
 */
export function timex32(task: Task, at: number, asked: (wide: number) => SysResult): SysResult {
  const narrow = structFromUser(task, at, TIMEX32_BYTES);
  if (typeof narrow === "number") return narrow;
  const view = new DataView(new ArrayBuffer(TIMEX_BYTES));
  for (let i = 0; i < FIELDS; i++) {
    if (INTS.includes(i)) view.setInt32(i * 8, narrow.getInt32(i * 4, true), true);
    else setInt64(view, i * 8, narrow.getInt32(i * 4, true));
  }
  view.setInt32(TAI, narrow.getInt32(TAI32, true), true);
  const wide = new Scratch(task).bytes(view);
  return andThen(asked(wide), (result) => {
    if (result < 0) return result;
    const answer = structFromUser(task, wide, TIMEX_BYTES);
    if (typeof answer === "number") return answer;
    const bytes = new Uint8Array(TIMEX32_BYTES);
    const out = new DataView(bytes.buffer);
    for (let i = 0; i < FIELDS; i++) out.setInt32(i * 4, getInt64(answer, i * 8) | 0, true);
    for (const i of INTS) out.setInt32(i * 4, answer.getInt32(i * 8, true), true);
    out.setInt32(TAI32, answer.getInt32(TAI, true), true);
    return copyToUser(task, at, bytes) < 0 ? -EFAULT : result;
  });
}
