import { anonInodeGetfile } from "../fs/anon-inodes.ts";
import type { File, FileOperations } from "../fs/fs.ts";
import { noopLlseek } from "../fs/llseek.ts";
import { EIO } from "../include/errno.ts";
import { O_WRONLY } from "../include/uapi/fcntl.ts";
import type { Task } from "../kernel/task.ts";

/** A host's device with what it has answered, so that a machine's past can be played without it. */
export class RecordedDevice {
  readonly #answers: number[] = [];
  readonly take: (bytes: Uint8Array) => number;

  constructor(take: (bytes: Uint8Array) => number) {
    this.take = (bytes) => {
      const answer = take(bytes);
      this.#answers.push(answer);
      return answer;
    };
  }

  /** The same answers from the first one on. */
  again(): () => number {
    let at = 0;
    return () => this.#answers[at++] ?? -EIO;
  }
}

/** No device takes more at once. */
const TAKEN_MAX = 65_536;
/** The lowest error number that a call can answer. */
const MAX_ERRNO = 4095;

/**
 * An open file whose writes a host serves: it is given a copy of the bytes, and answers how many it takes or a
 * negative errno. An answer that is neither is -EIO.
 */
export function hostDevice(task: Task, take: (bytes: Uint8Array) => number): File {
  const operations: FileOperations = {
    llseek: noopLlseek,
    writeIter: (_iocb, iter) => {
      const bytes = new Uint8Array(Math.min(iter.count, TAKEN_MAX));
      const copied = bytes.subarray(0, iter.copyFrom(bytes));
      const taken = take(copied.slice());
      if (Number.isInteger(taken) && taken >= 0) return Math.min(taken, copied.length);
      return Number.isInteger(taken) && taken >= -MAX_ERRNO ? taken : -EIO;
    },
  };
  return anonInodeGetfile(task, "[host]", operations, undefined, O_WRONLY);
}
