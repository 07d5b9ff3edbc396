import { readBig, readInt, text, untilNul } from "../bytes.ts";
import { INOTIFY_FLAGS, recordFileType, recordFlags } from "../words.ts";
import { type Form, type Forms, numberOf, output } from "./form.ts";

const STAT_BYTES = 144;
const STATX_BYTES = 256;
const S_IFREG = 8;
const S_IFLNK = 10;

function modeFields(mode: number, size: number): Record<string, unknown> {
  const type = (mode >> 12) & 0xf;
  const recorded = {
    type: recordFileType(type),
    mode: (mode & 0o7777).toString(8).padStart(4, "0"),
  };
  return type === S_IFREG || type === S_IFLNK ? { ...recorded, size } : recorded;
}

const stat: Form = (target, _arg, key) =>
  output(target, key, new Uint8Array(STAT_BYTES), (after) => ({
    ...modeFields(readInt(after, 24, "u32"), readInt(after, 48, "s64")),
    nlink: readInt(after, 16, "u64"),
    uid: readInt(after, 28, "u32"),
    gid: readInt(after, 32, "u32"),
    ino: target.symbols.recordInode(readInt(after, 0, "u64"), readBig(after, 8, "u64")),
  }));

const statx: Form = (target, _arg, key) =>
  output(target, key, new Uint8Array(STATX_BYTES), (after) => ({
    ...modeFields(readInt(after, 28, "u16"), readInt(after, 40, "u64")),
    nlink: readInt(after, 16, "u32"),
    uid: readInt(after, 20, "u32"),
    gid: readInt(after, 24, "u32"),
  }));

/** A `getdents64` buffer, sorted: the order within a directory is the file system's own. */
const dirents: Form = (target, arg, key) =>
  output(target, key, new Uint8Array(numberOf(target, arg["dirents"])), (after, ret) => {
    const entries: [string, string][] = [];
    for (let at = 0; at + 19 <= ret; ) {
      const reclen = readInt(after, at + 16, "u16");
      if (reclen < 19) throw new Error(`a directory entry of ${reclen} bytes`);
      const name = text(untilNul(after.subarray(at + 19, at + reclen)));
      entries.push([name, recordFileType(readInt(after, at + 18, "u8"))]);
      at += reclen;
    }
    return entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  });

const inotify: Form = (target, arg, key) =>
  output(target, key, new Uint8Array(numberOf(target, arg["inotify"])), (after, ret) => {
    const events: unknown[] = [];
    for (let at = 0; at + 16 <= ret; ) {
      const len = readInt(after, at + 12, "u32");
      events.push({
        wd: readInt(after, at, "s32"),
        mask: recordFlags(readInt(after, at + 4, "u32"), INOTIFY_FLAGS),
        n: text(untilNul(after.subarray(at + 16, at + 16 + len))),
        cookie: target.symbols.recordCookie(readInt(after, at + 8, "u32")),
      });
      at += 16 + len;
    }
    return events;
  });

const UTSNAME_FIELD_BYTES = 65;

const utsname: Form = (target, _arg, key) =>
  output(target, key, new Uint8Array(6 * UTSNAME_FIELD_BYTES), (after) => {
    const field = (i: number) =>
      text(untilNul(after.subarray(i * UTSNAME_FIELD_BYTES, (i + 1) * UTSNAME_FIELD_BYTES)));
    return { sysname: field(0), nodename: field(1) };
  });

export const FILE_FORMS: Forms = { stat, statx, dirents, inotify, utsname };
