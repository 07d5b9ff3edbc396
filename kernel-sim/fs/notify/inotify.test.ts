import { beforeEach, expect, test } from "vitest";
import {
  IN_ALL_EVENTS,
  IN_ATTRIB,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_IGNORED,
  IN_ISDIR,
  IN_MODIFY,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_OPEN,
} from "../../include/uapi/inotify.ts";
import { fsSyscalls } from "../syscalls.ts";
import { TestCaller } from "../test-calls.ts";

const AT_FDCWD = -100;
const O_CREAT_WRONLY = 0o101;
const O_NONBLOCK = 0o4000;

let caller: TestCaller;
let fd: number;

beforeEach(() => {
  caller = new TestCaller(fsSyscalls);
  caller.call("mkdir", caller.at(0, "/d"), 0o755);
  fd = caller.call("inotify_init1", O_NONBLOCK);
});

function watch(path: string, mask = IN_ALL_EVENTS): number {
  return caller.call("inotify_add_watch", fd, caller.at(0, path), mask);
}

/** The events that wait, as "wd mask name". */
function events(): string[] {
  const got = caller.call("read", fd, caller.at(4, new Uint8Array(4096)), 4096);
  const bytes = caller.bytes(4, got);
  const view = new DataView(bytes.buffer);
  const list: string[] = [];
  for (let at = 0; at < got; ) {
    const length = view.getUint32(at + 12, true);
    const name = String.fromCharCode(...bytes.subarray(at + 16, at + 16 + length)).replace(
      /\0+$/,
      "",
    );
    list.push(`${view.getInt32(at, true)} ${view.getUint32(at + 4, true).toString(16)} ${name}`);
    at += 16 + length;
  }
  return list;
}

const event = (wd: number, mask: number, name = "") => `${wd} ${(mask >>> 0).toString(16)} ${name}`;

test("who watches a directory hears of a file in it from its making to its end", () => {
  const wd = watch("/d");
  const file = caller.call("openat", AT_FDCWD, caller.at(0, "/d/f"), O_CREAT_WRONLY, 0o644);
  caller.call("write", file, caller.at(1, "x"), 1);
  caller.call("write", file, caller.at(1, "y"), 1);
  caller.call("close", file);
  caller.call("unlink", caller.at(0, "/d/f"));
  expect(events()).toEqual([
    event(wd, IN_CREATE, "f"),
    event(wd, IN_OPEN, "f"),
    // Two writes in a row say the same: they are one event.
    event(wd, IN_MODIFY, "f"),
    event(wd, IN_CLOSE_WRITE, "f"),
    event(wd, IN_DELETE, "f"),
  ]);
});

test("a file that is unlinked while it is open ends when it is closed", () => {
  const file = caller.call("openat", AT_FDCWD, caller.at(0, "/d/f"), O_CREAT_WRONLY, 0o644);
  const wd = watch("/d/f", IN_ATTRIB | IN_DELETE_SELF);
  caller.call("unlink", caller.at(0, "/d/f"));
  expect(events()).toEqual([event(wd, IN_ATTRIB)]);
  caller.call("close", file);
  expect(events()).toEqual([event(wd, IN_DELETE_SELF), event(wd, IN_IGNORED)]);
});

test("both halves of a rename are told, and that it is a directory", () => {
  const wd = watch("/");
  caller.call("rename", caller.at(0, "/d"), caller.at(1, "/e"));
  expect(events()).toEqual([
    event(wd, IN_MOVED_FROM | IN_ISDIR, "d"),
    event(wd, IN_MOVED_TO | IN_ISDIR, "e"),
  ]);
});
