import { beforeEach, expect, test } from "vitest";
import { EBUSY, EINVAL, ENODEV, ENOENT, EROFS, EXDEV } from "../include/errno.ts";
import { MNT_DETACH, MS_BIND, MS_RDONLY, MS_REMOUNT, MS_SHARED } from "../include/uapi/mount.ts";
import { fsSyscalls } from "./syscalls.ts";
import { TestCaller } from "./test-calls.ts";

let caller: TestCaller;

beforeEach(() => {
  caller = new TestCaller(fsSyscalls);
  for (const name of ["/m", "/n", "/m/below"]) mkdir(name);
});

function mkdir(path: string): number {
  return caller.call("mkdir", caller.at(0, path), 0o755);
}

function mount(source: string, target: string, type: string, flags = 0, options = ""): number {
  return caller.call(
    "mount",
    caller.at(0, source),
    caller.at(1, target),
    caller.at(2, type),
    flags,
    caller.at(3, options),
  );
}

function umount(path: string, flags = 0): number {
  return caller.call("umount2", caller.at(0, path), flags);
}

function exists(path: string): boolean {
  return caller.call("access", caller.at(0, path), 0) === 0;
}

test("a mount hides what was there, and umount shows it again", () => {
  expect(mount("none", "/m", "tmpfs")).toBe(0);
  expect(exists("/m/below")).toBe(false);
  expect(umount("/m")).toBe(0);
  expect(exists("/m/below")).toBe(true);
});

test("a mount in use cannot be unmounted, but detached", () => {
  mount("none", "/m", "tmpfs");
  const fd = caller.call("openat", -100, caller.at(0, "/m/f"), 0o102, 0o644);
  expect(umount("/m")).toBe(-EBUSY);
  expect(umount("/m", MNT_DETACH)).toBe(0);
  expect(caller.call("write", fd, caller.at(0, "x"), 1)).toBe(1);
  expect(exists("/m/f")).toBe(false);
});

test("a bind mount shows the same files, and links do not cross it", () => {
  caller.call("close", caller.call("openat", -100, caller.at(0, "/m/below/f"), 0o102, 0o644));
  expect(mount("/m/below", "/n", "", MS_BIND)).toBe(0);
  expect(exists("/n/f")).toBe(true);
  expect(caller.call("link", caller.at(0, "/m/below/f"), caller.at(1, "/n/g"))).toBe(-EXDEV);
});

test("a read-only remount waits for writers, then refuses to write", () => {
  mount("none", "/m", "tmpfs");
  const fd = caller.call("openat", -100, caller.at(0, "/m/f"), 0o102, 0o644);
  expect(mount("none", "/m", "tmpfs", MS_REMOUNT | MS_RDONLY)).toBe(-EBUSY);
  caller.call("close", fd);
  expect(mount("none", "/m", "tmpfs", MS_REMOUNT | MS_RDONLY)).toBe(0);
  expect(mkdir("/m/d")).toBe(-EROFS);
});

test("what is mounted on a shared mount appears on its peer", () => {
  mount("none", "/m", "tmpfs");
  mount("none", "/m", "", MS_SHARED);
  mkdir("/m/d");
  mount("/m", "/n", "", MS_BIND);
  mount("none", "/m/d", "tmpfs");
  mkdir("/m/d/inside");
  expect(exists("/n/d/inside")).toBe(true);
});

test.each([
  { name: "an unknown type", target: "/m", type: "nosuchfs", options: "", answer: -ENODEV },
  { name: "a missing place", target: "/x", type: "tmpfs", options: "", answer: -ENOENT },
  {
    name: "an unknown option",
    target: "/m",
    type: "tmpfs",
    options: "colour=red",
    answer: -EINVAL,
  },
])("$name answers $answer", ({ target, type, options, answer }) => {
  expect(mount("none", target, type, 0, options)).toBe(answer);
});
