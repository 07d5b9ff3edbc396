import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EAGAIN, EBUSY, EINVAL, EPERM, EPIPE } from "../include/errno.ts";
import { F_GETPIPE_SZ, F_SETPIPE_SZ, O_DIRECT, O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from "../include/uapi/poll.ts";
import { bareTask } from "../init/bare-task.ts";
import type { Task } from "../kernel/task.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { fput } from "./file-table.ts";
import type { File } from "./fs.ts";
import { createPipeFiles } from "./pipe-create.ts";
import { getPipeInfo, pipeFcntl } from "./pipe-limits.ts";
import { vfsPoll } from "./poll.ts";
import { vfsReadIter, vfsWriteIter } from "./read-write.ts";

interface Ends {
  readonly task: Task;
  readonly r: File;
  readonly w: File;
}

function pipe(flags = O_NONBLOCK): Ends {
  const task = bareTask();
  const [r, w] = createPipeFiles(task, flags) as readonly [File, File];
  return { task, r, w };
}

function write({ task, w }: Ends, bytes: Uint8Array | number): number {
  const from = typeof bytes === "number" ? new Uint8Array(bytes) : bytes;
  return vfsWriteIter(task, w, IovIter.kernel(from), undefined) as number;
}

function read({ task, r }: Ends, n: number): Uint8Array | number {
  const into = new Uint8Array(n);
  const got = vfsReadIter(task, r, IovIter.kernel(into), undefined) as number;
  return got < 0 ? got : into.slice(0, got);
}

function resize({ task, w }: Ends, size: number): number {
  return pipeFcntl(task, getPipeInfo(w), F_SETPIPE_SZ, size);
}

describe("a pipe", () => {
  test("keeps the bytes in order and counts them, however they are cut up", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("write"), n: fc.integer({ min: 0, max: 9000 }) }),
      fc.record({ kind: fc.constant("read"), n: fc.integer({ min: 0, max: 9000 }) }),
    );
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ends = pipe();
      let put = 0;
      let got = 0;
      for (const { kind, n } of steps) {
        if (kind === "write") {
          const bytes = Uint8Array.from({ length: n }, (_, i) => (put + i) % 251);
          const result = write(ends, bytes);
          // What is at most a page goes in whole or not at all.
          if (n <= 4096) expect([n, -EAGAIN]).toContain(result);
          if (result > 0) put += result;
        } else {
          const bytes = read(ends, n);
          if (typeof bytes === "number") expect([bytes, put]).toEqual([-EAGAIN, got]);
          else for (const byte of bytes) expect(byte).toBe(got++ % 251);
        }
        expect(getPipeInfo(ends.r)!.byteCount).toBe(put - got);
      }
    });
    fc.assert(property, { numRuns: 40 });
  });

  test("puts a small write behind the last one only when all of it fits into the page", () => {
    const ends = pipe();
    expect(resize(ends, 8192)).toBe(8192);
    expect(write(ends, 3010)).toBe(3010);
    // Not 1086 bytes here and the rest there: a page of its own.
    expect(write(ends, 1087)).toBe(1087);
    expect(write(ends, 3009)).toBe(3009);
    expect(write(ends, 1)).toBe(-EAGAIN);
  });

  test("in packet mode gives each read one write, and what does not fit is lost", () => {
    const ends = pipe(O_NONBLOCK | O_DIRECT);
    write(ends, Uint8Array.from([1, 2, 3]));
    write(ends, Uint8Array.from([4]));
    expect(read(ends, 2)).toEqual(Uint8Array.from([1, 2]));
    expect(read(ends, 9)).toEqual(Uint8Array.from([4]));
  });

  test.each([
    { size: 0, answer: 4096 },
    { size: 4097, answer: 8192 },
    { size: 70_000, answer: 131_072 },
    { size: -1, answer: -EINVAL },
  ])("F_SETPIPE_SZ of $size answers $answer", ({ size, answer }) => {
    const ends = pipe();
    expect(resize(ends, size)).toBe(answer);
    if (answer > 0) expect(pipeFcntl(ends.task, getPipeInfo(ends.r), F_GETPIPE_SZ, 0)).toBe(answer);
  });

  test("does not shrink below what is in it, nor grow beyond the limit without CAP_SYS_RESOURCE", () => {
    const ends = pipe();
    write(ends, 20_000);
    expect(resize(ends, 4096)).toBe(-EBUSY);
    expect(resize(ends, 32_768)).toBe(32_768);
    ends.task.cred = { ...ends.task.cred, capEffective: 0n };
    expect(resize(ends, 2 ** 21)).toBe(-EPERM);
  });

  test("tells pollers of data, of room and of the end", () => {
    const ends = pipe();
    expect(vfsPoll(ends.w, undefined)).toBe(EPOLLOUT | EPOLLWRNORM);
    expect(vfsPoll(ends.r, undefined)).toBe(0);
    write(ends, 65_536);
    expect(vfsPoll(ends.w, undefined)).toBe(0);
    fput(ends.w);
    expect(vfsPoll(ends.r, undefined)).toBe(EPOLLIN | EPOLLRDNORM | EPOLLHUP);
  });

  test("without readers answers EPIPE", () => {
    const ends = pipe();
    fput(ends.r);
    expect(write(ends, 1)).toBe(-EPIPE);
    expect(write(ends, 0)).toBe(0);
  });
});
