import { beforeEach, describe, expect, test } from "vitest";
import {
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  ENXIO,
} from "../include/errno.ts";
import {
  AT_FDCWD,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_RDWR,
  O_WRONLY,
} from "../include/uapi/fcntl.ts";
import { fsSyscalls } from "./syscalls.ts";
import { TestCaller } from "./test-calls.ts";

let caller: TestCaller;

beforeEach(() => {
  caller = new TestCaller(fsSyscalls);
});

function at(slot: number, content: string): number {
  return caller.at(slot, content);
}

function call(name: string, ...args: number[]): number {
  return caller.call(name, ...args);
}

function open(path: string, flags: number, mode = 0o644): number {
  return call("openat", AT_FDCWD, at(0, path), flags, mode);
}

function read(fd: number, n: number): string {
  const got = call("read", fd, at(2, ""), n);
  return got < 0 ? `errno ${-got}` : String.fromCharCode(...caller.bytes(2, got));
}

describe("open", () => {
  test.each([
    { name: "a missing file is ENOENT", path: "/a", flags: 0, answer: -ENOENT },
    { name: "a directory for writing is EISDIR", path: "/d", flags: O_WRONLY, answer: -EISDIR },
    { name: "a directory with O_CREAT is EISDIR", path: "/d", flags: O_CREAT, answer: -EISDIR },
    { name: "O_EXCL goes before that", path: "/d", flags: O_CREAT | O_EXCL, answer: -EEXIST },
    {
      name: "O_CREAT with O_DIRECTORY is EINVAL",
      path: "/d",
      flags: O_CREAT | O_DIRECTORY,
      answer: -EINVAL,
    },
    { name: "a file as a directory is ENOTDIR", path: "/f/x", flags: 0, answer: -ENOTDIR },
    { name: "slashes behind a file are ENOTDIR", path: "/f/", flags: 0, answer: -ENOTDIR },
    { name: "slashes with O_CREAT are EISDIR", path: "/new/", flags: O_CREAT, answer: -EISDIR },
    { name: "a link that is not followed is ELOOP", path: "/l", flags: O_NOFOLLOW, answer: -ELOOP },
    { name: "a link to itself is ELOOP", path: "/loop", flags: 0, answer: -ELOOP },
    { name: "a device without a driver is ENXIO", path: "/dev", flags: 0, answer: -ENXIO },
    { name: "a link leads on", path: "/l", flags: 0, answer: 0 },
    { name: "a dangling link is made with O_CREAT", path: "/dangling", flags: O_CREAT, answer: 0 },
    { name: ".. of the root is the root", path: "/../../f", flags: 0, answer: 0 },
  ])("$name", ({ path, flags, answer }) => {
    call("close", open("/f", O_CREAT));
    call("mkdir", at(0, "/d"), 0o755);
    call("symlink", at(0, "f"), at(1, "/l"));
    call("symlink", at(0, "loop"), at(1, "/loop"));
    call("symlink", at(0, "d/new"), at(1, "/dangling"));
    call("mknod", at(0, "/dev"), 0o020644, 0x3fff);
    expect(open(path, flags)).toBe(answer);
  });
});

test("what was written is read again, and an appending write goes to the end", () => {
  const fd = open("/f", O_RDWR | O_CREAT);
  expect(call("write", fd, at(1, "hello"), 5)).toBe(5);
  const appending = open("/f", O_WRONLY | O_APPEND);
  expect(call("write", appending, at(1, " you"), 4)).toBe(4);
  expect(call("lseek", fd, 0, 0)).toBe(0);
  expect(read(fd, 100)).toBe("hello you");
});

test("a hole reads as zeros and SEEK_DATA passes over it", () => {
  const fd = open("/f", O_RDWR | O_CREAT);
  expect(call("pwrite64", fd, at(1, "x"), 1, 10_000)).toBe(1);
  expect(call("lseek", fd, 0, 3)).toBe(8192);
  expect(call("lseek", fd, 8192, 4)).toBe(10_001);
  expect(call("lseek", fd, 0, 0)).toBe(0);
  expect(read(fd, 3)).toBe("\0\0\0");
});

test("a rename over a directory that is not empty is ENOTEMPTY, over an empty one it works", () => {
  for (const name of ["/a", "/b", "/b/c"]) call("mkdir", at(0, name), 0o755);
  expect(call("rename", at(0, "/a"), at(1, "/b"))).toBe(-ENOTEMPTY);
  expect(call("rename", at(0, "/b/c"), at(1, "/a"))).toBe(0);
  expect(call("rename", at(0, "/b"), at(1, "/b/d"))).toBe(-EINVAL);
  expect(call("rmdir", at(0, "/b"))).toBe(0);
});
