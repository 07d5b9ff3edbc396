import { EINVAL } from "../../include/errno.ts";
import type { Task } from "../../kernel/task.ts";
import type { ByteString, Kiocb } from "../fs.ts";
import type { SysctlHandler } from "./proc-sysctl.ts";

/** Numbers that a setting may take. */
export interface SysctlRange {
  readonly min?: number;
  readonly max?: number;
}

const INT_MAX = 2 ** 31 - 1;

/**
 * One or more whole numbers, with tabs between them. They are read in one piece: what does not fit is lost.
 *
 * @linux kernel/sysctl.c `proc_dointvec_minmax`, `proc_doulongvec_minmax` (6.18)
 */
export function numbers(
  get: (task: Task) => readonly number[],
  set?: (task: Task, values: readonly number[]) => number,
  { min = -INT_MAX - 1, max = INT_MAX }: SysctlRange = {},
): SysctlHandler {
  const read = (task: Task, iocb: Kiocb, count: number): ByteString =>
    iocb.pos === 0 ? `${get(task).map(decimal).join("\t")}\n`.slice(0, count) : "";
  if (set === undefined) return { read };
  return {
    read,
    write(task, iocb, text) {
      // A write in pieces: only the first one counts (sysctl_writes_strict).
      if (iocb.pos !== 0) return 0;
      const values = parseNumbers(text, get(task));
      if (values === undefined || values.some((value) => value < min || value > max)) {
        return -EINVAL;
      }
      return set(task, values);
    },
  };
}

/** One whole number. */
export function number(
  get: (task: Task) => number,
  set?: (task: Task, value: number) => void,
  range: SysctlRange = {},
): SysctlHandler {
  if (set === undefined) return numbers((task) => [get(task)]);
  return numbers(
    (task) => [get(task)],
    (task, [value]) => {
      set(task, value!);
      return 0;
    },
    range,
  );
}

/** Text of at most `max` bytes, its line feed not part of it. @linux kernel/sysctl.c `proc_dostring` (6.18) */
export function string(
  get: (task: Task) => ByteString,
  set?: (task: Task, value: ByteString) => void,
  max = 64,
): SysctlHandler {
  const read = (task: Task, iocb: Kiocb, count: number): ByteString =>
    `${get(task)}\n`.slice(iocb.pos, iocb.pos + count);
  if (set === undefined) return { read };
  return {
    read,
    write(task, iocb, text) {
      if (iocb.pos !== 0) return 0;
      const end = text.search(/[\0\n]/);
      set(task, (end < 0 ? text : text.slice(0, end)).slice(0, max));
      return 0;
    },
  };
}

function parseNumbers(text: ByteString, old: readonly number[]): readonly number[] | undefined {
  const words = text.split(/[\s\0]+/).filter((word) => word !== "");
  if (words.length === 0) return undefined;
  const values = words.slice(0, old.length).map(parseNumber);
  if (values.some(Number.isNaN)) return undefined;
  return [...values, ...old.slice(values.length)];
}

function parseNumber(word: string): number {
  if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(word)) return Number.NaN;
  const isNegative = word.startsWith("-");
  const digits = isNegative ? word.slice(1) : word;
  const value = /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return isNegative ? -value : value;
}

/** Numbers beyond 2^53 are the nearest ones that exist here, but those at the end of a range are exact. */
function decimal(value: number): string {
  if (value === 2 ** 63) return "9223372036854775807";
  if (value === 2 ** 64) return "18446744073709551615";
  return String(value);
}
