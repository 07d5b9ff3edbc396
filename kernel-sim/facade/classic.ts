import type { ClassicBpf, ClassicInsn } from "../api.ts";
import { bpfConvertFilter } from "../bpf/classic/convert.ts";
import { bpfPrepareFilter } from "../bpf/classic/migrate.ts";
import type { SockFilter } from "../bpf/classic/sock-filter.ts";
import { classicText } from "../bpf/classic/text.ts";
import { makeProgram } from "../bpf/program-text.ts";
import { errnoName } from "../include/errno.ts";

/** @throws a TypeError for what is no instruction */
function filterOf(rows: readonly ClassicInsn[]): SockFilter[] {
  return rows.map((row, at) => {
    const [code, jt, jf, k] = row;
    for (const [field, max] of [
      [code, 0xffff],
      [jt, 0xff],
      [jf, 0xff],
      [k, 0xffff_ffff],
    ] as const) {
      if (Number.isInteger(field) && field >= 0 && field <= max) continue;
      throw new TypeError(
        `classic instruction ${at} is [code, jt, jf, k] of 16, 8, 8 and 32 bits, not [${String(row)}]`,
      );
    }
    return { code, jt, jf, k };
  });
}

/** The global `bpf.classic` of every cell. */
export const classic: ClassicBpf = Object.freeze({
  check: (rows: readonly ClassicInsn[]) => Math.max(0, -bpfPrepareFilter(filterOf(rows))),
  text: (rows: readonly ClassicInsn[]) => classicText(filterOf(rows)),
  convert: (rows: readonly ClassicInsn[]) => makeProgram(bpfConvertFilter(checkedFilter(rows)), []),
});

/** @throws a RangeError for a filter that the kernel refuses */
export function checkedFilter(rows: readonly ClassicInsn[]): SockFilter[] {
  const filter = filterOf(rows);
  const err = bpfPrepareFilter(filter);
  if (err >= 0) return filter;
  throw new RangeError(`the kernel refuses this classic program: ${errnoName(-err)}`);
}
