import { EFAULT, EINVAL } from "../include/errno.ts";
import type { Task } from "../kernel/task.ts";
import { byteArray } from "../lib/byte-string.ts";
import type { ByteString, File, FileOperations, Kiocb } from "./fs.ts";
import { SEEK_CUR, SEEK_SET } from "./llseek.ts";

/** The text of a file as `task` sees it now, or why it cannot be told. */
export type SeqShow = (task: Task, file: File) => ByteString | number;

/** The text that a reader has begun, how far it is, and what the opener has put down. */
class SeqFile {
  text: Uint8Array = new Uint8Array(0);
  readPos = -1;
  priv: unknown = undefined;
}

/**
 * A file whose text is made when it is read: at the start, and again whenever somebody reads from another
 * place than where the last read ended. So a reader that goes on sees one state, however small its pieces.
 *
 * @linux fs/seq_file.c (6.18)
 * @simplified the whole text is made at once, not record by record.
 */
export function seqFileOperations(show: SeqShow, more: FileOperations = {}): FileOperations {
  return {
    readIter: (iocb, iter) => seqReadIter(iocb, iter.count, (bytes) => iter.copyTo(bytes), show),
    llseek: seqLseek,
    ...more,
  };
}

/** What the opener of a seq file has put down for it (`seq_file.private`). */
export function seqPrivate(file: File): unknown {
  return seqOf(file).priv;
}

export function setSeqPrivate(file: File, priv: unknown): void {
  seqOf(file).priv = priv;
}

function seqOf(file: File): SeqFile {
  if (file.privateData instanceof SeqFile) return file.privateData;
  const seq = new SeqFile();
  file.privateData = seq;
  return seq;
}

/** @linux fs/seq_file.c `seq_read_iter` (6.18) */
function seqReadIter(
  iocb: Kiocb,
  count: number,
  copyTo: (bytes: Uint8Array) => number,
  show: SeqShow,
): number {
  if (count === 0) return 0;
  const { file, task } = iocb;
  const seq = seqOf(file);
  if (iocb.pos === 0 || seq.readPos !== iocb.pos) {
    const text = show(task, file);
    if (typeof text === "number") return text;
    seq.text = byteArray(text);
  }
  const piece = seq.text.subarray(iocb.pos, iocb.pos + count);
  seq.readPos = iocb.pos;
  if (piece.length === 0) return 0;
  const copied = copyTo(piece);
  if (copied === 0) return -EFAULT;
  iocb.pos += copied;
  seq.readPos = iocb.pos;
  return copied;
}

/** @linux fs/seq_file.c `seq_lseek` (6.18) */
function seqLseek(_task: Task, file: File, offset: number, whence: number): number {
  if (whence !== SEEK_SET && whence !== SEEK_CUR) return -EINVAL;
  const pos = whence === SEEK_CUR ? file.pos + offset : offset;
  if (pos < 0) return -EINVAL;
  file.pos = pos;
  return pos;
}

/** Bytes of `text` that `escaped` names as three octal digits, so that they do not end a line or a field. */
export function mangle(text: ByteString, escaped: string): ByteString {
  let out = "";
  for (const char of text) {
    out += escaped.includes(char) ? `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}` : char;
  }
  return out;
}
