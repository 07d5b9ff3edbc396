import type { ByteString } from "../fs/fs.ts";
import { EINVAL, EOVERFLOW, ERANGE } from "../include/errno.ts";

const UINT_MAX = 2 ** 32 - 1;
const DIGITS = 8;

/** A set of CPUs as hexadecimal digits, eight to a group (`%*pb`). */
export function cpumask(mask: bigint, cpus: number): ByteString {
  const digits = mask.toString(16).padStart(Math.ceil(cpus / 4), "0");
  return digits.replace(/(?<=.)(?=(.{8})+$)/g, ",");
}

/** A set of CPUs as ranges (`%*pbl`). */
export function cpulist(mask: bigint, cpus: number): ByteString {
  const ranges: string[] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    const first = cpu;
    while (cpu < cpus && ((mask >> BigInt(cpu)) & 1n) !== 0n) cpu++;
    if (cpu === first + 1) ranges.push(String(first));
    else if (cpu > first) ranges.push(`${first}-${cpu - 1}`);
  }
  return ranges.join(",");
}

/**
 * A mask in hexadecimal groups, read up to the line's end: -EINVAL, or -EOVERFLOW when it is too wide.
 *
 * @linux lib/bitmap-str.c `bitmap_parse` (6.18)
 */
export function parseCpumask(text: ByteString, cpus: number): bigint | number {
  const [line = ""] = text.split(/[\n\0]/);
  const groups = line.split(/[\s,]+/).filter((group) => group !== "");
  if (groups.length === 0) return 0n;
  let mask = 0n;
  // From the right, as Linux reads it: the first thing wrong there decides.
  for (const [i, group] of groups.reverse().entries()) {
    if (i >= Math.ceil(cpus / 32)) return -EOVERFLOW;
    const digits = /[0-9a-fA-F]*$/.exec(group)![0];
    if (digits.length > DIGITS) return -EOVERFLOW;
    if (digits.length < group.length || digits === "") return -EINVAL;
    mask |= BigInt(`0x${digits}`) << BigInt(32 * i);
  }
  return mask >> BigInt(cpus) === 0n ? mask : -EOVERFLOW;
}

/**
 * Ranges, `0-3,7`, each with a pattern if wanted (`0-15:2/4`: two of each four): -EINVAL, -ERANGE behind the last CPU.
 *
 * @linux lib/bitmap-str.c `bitmap_parselist` (6.18)
 */
export function parseCpulist(text: ByteString, cpus: number): bigint | number {
  const [line = ""] = text.split(/\0/);
  let mask = 0n;
  for (const region of line.split(/[\s,]+/)) {
    if (region === "" || region.toLowerCase() === "none") continue;
    const match =
      region.toLowerCase() === "all"
        ? ["", "0", "N", undefined, undefined]
        : /^(\d+|N)(?:-(\d+|N)(?::(\d+)\/(\d+))?)?$/.exec(region);
    if (match === null) return -EINVAL;
    const number = (word: string | undefined) => (word === "N" ? cpus - 1 : Number(word));
    const start = number(match[1]);
    const end = match[2] === undefined ? start : number(match[2]);
    const group = match[4] === undefined ? end + 1 : Number(match[4]);
    const used = match[3] === undefined ? group : Number(match[3]);
    if (Math.max(start, end, group, used) > UINT_MAX) return -EOVERFLOW;
    if (start > end || group === 0 || used > group) return -EINVAL;
    if (end >= cpus) return -ERANGE;
    for (let cpu = start; cpu <= end; cpu++) {
      if ((cpu - start) % group < used) mask |= 1n << BigInt(cpu);
    }
  }
  return mask;
}
