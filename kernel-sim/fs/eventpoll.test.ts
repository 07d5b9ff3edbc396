import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { EEXIST, EINVAL, ELOOP } from "../include/errno.ts";
import { EPOLL_CTL_ADD, EPOLLET, EPOLLONESHOT } from "../include/uapi/eventpoll.ts";
import { O_NONBLOCK } from "../include/uapi/fcntl.ts";
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT } from "../include/uapi/poll.ts";
import { BARE_MEMORY, bareTask } from "../init/bare-task.ts";
import type { Task } from "../kernel/task.ts";
import { IovIter } from "../lib/iov-iter.ts";
import { doEpollCreate } from "./eventpoll.ts";
import { doEpollCtl, doEpollWait } from "./eventpoll-syscalls.ts";
import type { File } from "./fs.ts";
import { createPipeFiles } from "./pipe-create.ts";
import { vfsPoll } from "./poll.ts";
import { vfsReadIter, vfsWriteIter } from "./read-write.ts";

let task: Task;

beforeEach(() => {
  task = bareTask();
});

function install(file: File): number {
  const fd = task.files.getUnusedFd(task, false);
  task.files.install(fd, file);
  return fd;
}

function newPipe(): { r: number; w: number } {
  const [r, w] = createPipeFiles(task, O_NONBLOCK) as readonly [File, File];
  return { r: install(r), w: install(w) };
}

function add(ep: number, fd: number, events: number): number {
  return doEpollCtl(task, ep, EPOLL_CTL_ADD, fd, { events, dataLow: fd, dataHigh: 0 });
}

/** What is ready, as [data, events]. */
function ready(ep: number, max = 16): [number, number][] {
  const count = doEpollWait(task, ep, BARE_MEMORY, max, 0) as number;
  const bytes = new Uint8Array(count * 12);
  task.mm!.copyFromUser(BARE_MEMORY, bytes);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, i) => [
    view.getUint32(i * 12 + 4, true),
    view.getUint32(i * 12, true),
  ]);
}

function io(fd: number, n: number, isWrite: boolean): void {
  const iter = IovIter.kernel(new Uint8Array(n));
  const file = task.files.get(fd)!;
  if (isWrite) vfsWriteIter(task, file, iter, undefined);
  else vfsReadIter(task, file, iter, undefined);
}

describe("epoll", () => {
  test("level-triggered says what poll says, whatever is read, written and closed", () => {
    const step = fc.record({
      kind: fc.constantFrom("write", "read", "close"),
      pipe: fc.integer({ min: 0, max: 2 }),
      n: fc.constantFrom(1, 4096, 70_000),
    });
    const property = fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      task = bareTask();
      const ep = doEpollCreate(task, 0);
      const pipes = [newPipe(), newPipe(), newPipe()];
      const asked = EPOLLIN | EPOLLOUT;
      for (const { r, w } of pipes) {
        expect(add(ep, r, asked)).toBe(0);
        expect(add(ep, w, asked)).toBe(0);
      }
      for (const { kind, pipe, n } of steps) {
        const { r, w } = pipes[pipe]!;
        const fd = kind === "read" ? r : w;
        if (task.files.get(fd) === undefined) continue;
        if (kind === "close") task.files.close(task, n === 1 ? r : w);
        else io(fd, n, kind === "write");
        const expected: [number, number][] = [];
        for (const [other, file] of task.files.entries()) {
          if (other === ep) continue;
          const mask = vfsPoll(file, undefined) & (asked | EPOLLERR | EPOLLHUP);
          if (mask !== 0) expected.push([other, mask]);
        }
        expect(ready(ep).sort((a, b) => a[0] - b[0])).toEqual(expected);
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  test("edge-triggered reports each write once, one-shot only the first", () => {
    const ep = doEpollCreate(task, 0);
    const edge = newPipe();
    const once = newPipe();
    add(ep, edge.r, EPOLLIN | EPOLLET);
    add(ep, once.r, EPOLLIN | EPOLLONESHOT);
    for (const expected of [[edge.r, once.r], [edge.r]]) {
      io(edge.w, 1, true);
      io(once.w, 1, true);
      expect(ready(ep).map(([fd]) => fd)).toEqual(expected);
      expect(ready(ep)).toEqual([]);
    }
  });

  test("with little room all that is ready gets its turn", () => {
    const ep = doEpollCreate(task, 0);
    const pipes = [newPipe(), newPipe(), newPipe()];
    for (const { r, w } of pipes) {
      add(ep, r, EPOLLIN);
      io(w, 1, true);
    }
    const seen = Array.from({ length: 6 }, () => ready(ep, 1)[0]![0]);
    const [a, b, c] = pipes.map(({ r }) => r);
    expect(seen).toEqual([a, b, c, a, b, c]);
  });

  test("may watch others five deep, but no ring", () => {
    const chain = Array.from({ length: 7 }, () => doEpollCreate(task, 0));
    for (let i = 1; i < 5; i++) expect(add(chain[i]!, chain[i - 1]!, EPOLLIN)).toBe(0);
    expect(add(chain[5]!, chain[4]!, EPOLLIN)).toBe(-ELOOP);
    expect(add(chain[0]!, chain[4]!, EPOLLIN)).toBe(-ELOOP);
    expect(add(chain[0]!, chain[0]!, EPOLLIN)).toBe(-EINVAL);
    expect(add(chain[1]!, chain[0]!, EPOLLIN)).toBe(-EEXIST);
  });
});
