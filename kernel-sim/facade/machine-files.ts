import { fput } from "../fs/file-table.ts";
import { File } from "../fs/fs.ts";
import { kernelRead } from "../fs/kernel-read.ts";
import { doFilpOpen } from "../fs/namei-open.ts";
import type { Rootfs } from "../fs/rootfs.ts";
import { EINVAL, errnoName } from "../include/errno.ts";
import { AT_FDCWD, O_WRONLY } from "../include/uapi/fcntl.ts";
import { isSleeping } from "../kernel/sleep.ts";
import type { Task } from "../kernel/task.ts";
import { byteString } from "../lib/byte-string.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { utf8 } from "../user/marshal.ts";

/** Makes a file, and the directories above it. */
export function writeMachineFile(
  rootfs: Rootfs,
  path: string,
  bytes: Uint8Array,
  mode: number,
): void {
  const name = encodePath(path);
  const slash = name.lastIndexOf("/");
  if (slash > 0) rootfs.mkdirAll(name.slice(0, slash));
  if (rootfs.lookup(name).inode !== undefined) throw new Error(`${path} exists already`);
  rootfs.file(name, bytes, { mode });
}

/** The bytes of a file as the first process sees it; undefined when it cannot be opened. */
export function readMachineFile(init: Task, path: string): Uint8Array | undefined {
  const file = doFilpOpen(init, AT_FDCWD, encodePath(path), READ_ONLY);
  if (!(file instanceof File)) return undefined;
  const pieces: Uint8Array[] = [];
  let pos = 0;
  for (;;) {
    const piece = kernelRead(file, pos, READ_BYTES);
    if (piece.length === 0) break;
    pieces.push(piece);
    pos += piece.length;
  }
  fput(file);
  return concat(pieces);
}

/** Writes a setting as sysctl(8) would. */
export function setSysctl(init: Task, name: string, value: string | number): void {
  const path = `/proc/sys/${name.replaceAll(".", "/")}`;
  const file = doFilpOpen(init, AT_FDCWD, encodePath(path), WRITE_ONLY);
  const refused = typeof file === "number" ? file : -EINVAL;
  const answer = file instanceof File ? writeAtOnce(init, file, `${value}\n`) : refused;
  if (answer < 0) {
    throw new Error(`boot(): sysctl ${name} cannot be ${String(value)}: ${answerText(answer)}`);
  }
}

/** A text as the kernel takes it: byte by byte. */
export function encodePath(text: string): string {
  return byteString(utf8(text));
}

const READ_BYTES = 65_536;
const READ_ONLY = { openFlag: 0, mode: 0, accMode: 0, lookupFlags: 1 };
const WRITE_ONLY = { openFlag: O_WRONLY, mode: 0, accMode: 0, lookupFlags: 1 };
function writeAtOnce(task: Task, file: File, text: string): number {
  const iocb = { task, file, pos: 0, flags: 0 };
  const done = file.op.writeIter?.(iocb, IovIter.kernel(utf8(text))) ?? -EINVAL;
  fput(file);
  return isSleeping(done) ? -EINVAL : done;
}

function answerText(answer: number): string {
  return errnoName(-answer);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
