import type { ByteString } from "../fs/fs.ts";
import { EINVAL } from "../include/errno.ts";
import type { ShmemSbInfo } from "./shmem-info.ts";

const PAGE_SIZE = 4096;
const SUFFIXES: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, "": 1 };

/** Takes over options of a mount: 0 or -EINVAL. @linux mm/shmem.c `shmem_parse_one` (6.18) */
export function parseShmemOptions(info: ShmemSbInfo, options: ByteString): number {
  for (const option of options.split(",")) {
    if (option !== "" && !parseOne(info, option)) return -EINVAL;
  }
  return 0;
}

function parseOne(info: ShmemSbInfo, option: ByteString): boolean {
  const at = option.indexOf("=");
  const key = at < 0 ? option : option.slice(0, at);
  const text = at < 0 ? "" : option.slice(at + 1);
  if (key === "mode" || key === "uid" || key === "gid") {
    const isOctal = key === "mode";
    if (!(isOctal ? /^[0-7]+$/ : /^[0-9]+$/).test(text)) return false;
    const value = Number.parseInt(text, isOctal ? 8 : 10);
    info[key] = isOctal ? value & 0o7777 : value;
    return true;
  }
  const value = parseSize(text);
  if (value === undefined) return key === "inode64" || key === "noswap";
  if (key === "size") info.maxBlocks = limit(Math.ceil(value / PAGE_SIZE));
  else if (key === "nr_blocks") info.maxBlocks = limit(value);
  else if (key === "nr_inodes") info.maxInodes = limit(value);
  else return false;
  return true;
}

function limit(value: number): number {
  return value === 0 ? Infinity : value;
}

/** A number with k, m or g behind it (`memparse`). */
function parseSize(text: string): number | undefined {
  const match = /^([0-9]+)([kmg]?)$/i.exec(text);
  return match === null ? undefined : Number(match[1]) * SUFFIXES[match[2]!.toLowerCase()]!;
}

export function shmemShowOptions(info: ShmemSbInfo): string {
  let text = "";
  if (info.maxBlocks !== Infinity) text += `,size=${info.maxBlocks * (PAGE_SIZE / 1024)}k`;
  if (info.maxInodes !== Infinity) text += `,nr_inodes=${info.maxInodes}`;
  if (info.mode !== 0o1777) text += `,mode=${info.mode.toString(8).padStart(3, "0")}`;
  if (info.uid !== 0) text += `,uid=${info.uid}`;
  if (info.gid !== 0) text += `,gid=${info.gid}`;
  return `${text},inode64`;
}
