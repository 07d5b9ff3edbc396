import { beforeEach, describe, expect, test } from "vitest";
import { fput } from "../../fs/file-table.ts";
import type { File } from "../../fs/fs.ts";
import { vfsPoll } from "../../fs/poll.ts";
import { allocFilePseudo, pseudoInode, pseudoMount } from "../../fs/pseudo.ts";
import { vfsReadIter, vfsWriteIter } from "../../fs/read-write.ts";
import { EAGAIN, EIO } from "../../include/errno.ts";
import { O_NONBLOCK, O_RDWR } from "../../include/uapi/fcntl.ts";
import { EPOLLHUP, EPOLLIN, EPOLLOUT } from "../../include/uapi/poll.ts";
import { SIGINT, SIGWINCH } from "../../include/uapi/signal.ts";
import { ECHO, ICANON, ISIG, VMIN, XTABS } from "../../include/uapi/termbits.ts";
import { bareTask } from "../../init/bare-task.ts";
import { finish, type SysResult } from "../../kernel/sleep.ts";
import type { Task } from "../../kernel/task.ts";
import { IovIter } from "../../lib/iov-iter.ts";
import type { NTty } from "./n-tty.ts";
import { makePty } from "./pty.ts";
import type { Tty } from "./tty.ts";
import { ttyOpen } from "./tty-io.ts";
import { resize } from "./tty-ioctl.ts";
import { TtyPort } from "./tty-port.ts";

let task: Task;
let slave: Tty;
let masterFile: File;
let slaveFile: File;

beforeEach(() => {
  task = bareTask();
  const master = makePty(task.kernel, 0);
  slave = master.link!;
  slave.isPtyLocked = false;
  masterFile = openFile();
  slaveFile = openFile();
  ttyOpen(task, masterFile, master, true);
  ttyOpen(task, slaveFile, slave, true);
});

function openFile(): File {
  const mnt = pseudoMount(task.kernel, "devpts", 1);
  const inode = pseudoInode(task, mnt, 0o020600, {});
  return allocFilePseudo(task, mnt, inode, "tty", {}, O_RDWR | O_NONBLOCK);
}

/** The result of a call that must not sleep. */
function now(result: SysResult): number {
  const step = finish(result).next();
  if (step.done !== true) throw new Error("the call sleeps");
  return step.value;
}

function write(file: File, text: string): number {
  const bytes = Uint8Array.from([...text].map((c) => c.charCodeAt(0)));
  return now(vfsWriteIter(task, file, IovIter.kernel(bytes), undefined));
}

function read(file: File, n = 100): string | number {
  const bytes = new Uint8Array(n);
  const got = now(vfsReadIter(task, file, IovIter.kernel(bytes), undefined));
  return got < 0 ? got : String.fromCharCode(...bytes.subarray(0, got));
}

function change(changes: () => void): void {
  const old = slave.termios.copy();
  changes();
  (slave.ldisc as NTty).setTermios(old);
}

describe("a line that is typed", () => {
  // Recorded from a pseudo terminal of Linux 6.18 with its first settings.
  test.each([
    { typed: "ab\n", shown: "ab\r\n", line: "ab\n" },
    { typed: "abc\x7f\n", shown: "abc\b \b\r\n", line: "ab\n" },
    { typed: "ab cd\x17x\n", shown: "ab cd\b \b\b \bx\r\n", line: "ab x\n" },
    { typed: "ab\x15c\r", shown: "ab\b \b\b \bc\r\n", line: "c\n" },
    { typed: "a\tb\x7f\x7f\n", shown: "a\tb\b \b\b\b\b\b\b\b\b\r\n", line: "a\n" },
    { typed: "\x01\x7f\n", shown: "^A\b \b\b \b\r\n", line: "\n" },
    { typed: "\x16\x03\n", shown: "^\b^C\r\n", line: "\x03\n" },
    { typed: "ab\x12c\n", shown: "ab^R\r\nabc\r\n", line: "abc\n" },
    { typed: "ab\x04", shown: "ab", line: "ab" },
  ])("$typed is shown as $shown and read as $line", ({ typed, shown, line }) => {
    write(masterFile, typed);
    expect(read(masterFile)).toBe(shown);
    expect(read(slaveFile)).toBe(line);
    expect(read(slaveFile)).toBe(-EAGAIN);
  });

  test("comes no sooner than its end, and in as many reads as it takes", () => {
    write(masterFile, "hello");
    expect(read(slaveFile)).toBe(-EAGAIN);
    write(masterFile, "\nx");
    expect(read(slaveFile, 3)).toBe("hel");
    expect(read(slaveFile)).toBe("lo\n");
    expect(read(slaveFile)).toBe(-EAGAIN);
  });

  test("of more than 4095 bytes loses what lies between and keeps its end", () => {
    write(masterFile, `${"a".repeat(5000)}\n`);
    const line = read(slaveFile, 5000) as string;
    expect([line.length, line.at(-1)]).toEqual([4096, "\n"]);
  });

  test("an end of file alone is read as nothing", () => {
    write(masterFile, "\x04");
    expect(read(slaveFile)).toBe("");
  });
});

test("without ICANON a poll waits for VMIN bytes", () => {
  change(() => {
    slave.termios.lflag &= ~(ICANON | ECHO | ISIG);
    slave.termios.cc[VMIN] = 3;
  });
  write(masterFile, "\x03b");
  expect(vfsPoll(slaveFile, undefined) & EPOLLIN).toBe(0);
  write(masterFile, "c");
  expect(vfsPoll(slaveFile, undefined) & EPOLLIN).toBe(EPOLLIN);
  expect(read(slaveFile)).toBe("\x03bc");
});

test("output is stopped by ^S and goes on at ^Q", () => {
  write(masterFile, "\x13");
  expect(write(slaveFile, "x")).toBe(-EAGAIN);
  expect(vfsPoll(slaveFile, undefined) & EPOLLOUT).toBe(0);
  write(masterFile, "\x11");
  expect(write(slaveFile, "x")).toBe(1);
});

test("with XTABS tabs become blanks up to the next multiple of eight", () => {
  slave.termios.oflag |= XTABS;
  write(slaveFile, "ab\tc\n");
  expect(read(masterFile)).toBe("ab      c\r\n");
});

test("^C and a new size of the window are for the group in the foreground", () => {
  slave.pgrp = task.signal.pgrp;
  // Process 1 gets no signal that it does not handle.
  for (const signo of [SIGINT, SIGWINCH]) {
    task.sighand.action[signo - 1] = { handler: 0x1000, flags: 0, restorer: 0, mask: 0n };
  }
  write(masterFile, "abc\x03");
  expect(task.signal.sharedPending.signal).toBe(1n << BigInt(SIGINT - 1));
  // What was typed before is gone. (Nobody here takes the signal, which would end the next call.)
  task.sigpending = false;
  write(masterFile, "\n");
  expect(read(slaveFile)).toBe("\n");
  resize(slave, { rows: 50, cols: 132, xpixel: 0, ypixel: 0 });
  expect(task.signal.sharedPending.signal & (1n << BigInt(SIGWINCH - 1))).not.toBe(0n);
});

test("when the slave is closed the master hangs up; without a master the slave is dead", () => {
  write(slaveFile, "bye");
  fput(slaveFile);
  expect(vfsPoll(masterFile, undefined) & (EPOLLIN | EPOLLHUP)).toBe(EPOLLIN | EPOLLHUP);
  expect(read(masterFile)).toBe("bye");
  expect(read(masterFile)).toBe(-EIO);
  const again = openFile();
  expect(ttyOpen(task, again, slave, true)).toBe(0);
  expect(read(masterFile)).toBe(-EAGAIN);
  fput(masterFile);
  expect(read(again)).toBe("");
  expect(write(again, "x")).toBe(-EIO);
});

test("a serial line takes its time, and programs wait when its buffer is full", () => {
  const shown: number[] = [];
  const port = new TtyPort(
    task.kernel,
    { name: "ttyS0", index: 0, dev: 0 },
    {
      baud: 9600,
      onOutput: (bytes) => shown.push(...bytes),
    },
  );
  const file = openFile();
  ttyOpen(task, file, port.tty, true);
  port.tty.termios.oflag = 0;
  expect(write(file, "x".repeat(5000))).toBe(4096);
  task.kernel.run(1.001e9);
  // 960 bytes a second, sixteen at a time.
  expect(shown.length).toBe(960);
});
