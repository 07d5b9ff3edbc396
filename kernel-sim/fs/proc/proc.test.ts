import { expect, test } from "vitest";
import { EACCES, EINVAL, EIO, ENOENT, ENXIO } from "../../include/errno.ts";
import { startInit, startKernel } from "../../init/main.ts";
import { byteString } from "../../lib/byte-string.ts";
import type { Program } from "../../user/program.ts";
import type { ProgramContext } from "../../user/program-context.ts";
import { programFile } from "../../user/program-file.ts";
import type { Sys } from "../../user/sys.ts";
import type { SysCall } from "../../user/sys-port.ts";
import { programLoader } from "../../user/user-context.ts";
import { MNT_RELATIME } from "../mount.ts";
import { attachMount, newMount } from "../namespace.ts";
import { procTree } from "./generic.ts";
import { procFillSuper } from "./root.ts";

const O_RDWR = 2;
const O_DIRECTORY = 0o200000;
const AT_SYMLINK_NOFOLLOW = 0x100;

/** Runs `main` as process 1, with /proc mounted. */
function runWithProc(main: Program): unknown {
  const started = startKernel({ seed: 1, cpus: 1 });
  const { kernel, rootfs } = started;
  rootfs.mkdir("/sbin");
  rootfs.mkdir("/proc");
  const sb = procFillSuper(kernel, kernel.initPidNs, procTree(kernel));
  const mnt = newMount(kernel, sb, sb.root, MNT_RELATIME, "proc");
  attachMount(mnt, rootfs.root.mnt, rootfs.lookup("/proc"));
  kernel.programs.set("/sbin/init", programLoader(main));
  rootfs.file("/sbin/init", programFile("/sbin/init"), { mode: 0o755 });
  const init = startInit(started, "/sbin/init", "test", ["HOME=/"]);
  const { user } = init;
  kernel.run();
  const context = user as ProgramContext;
  if (context.thrown !== undefined) throw context.thrown.error;
  return context.returned;
}

/** The whole text of a file, read in pieces of `step` bytes; an errno when it cannot be opened or read. */
function* readAll(sys: Sys, path: string, step = 4096): SysCall<string | number> {
  const fd = yield* sys.open(path);
  if (fd < 0) return fd;
  let text = "";
  for (;;) {
    const bytes = yield* sys.read(fd, step);
    if (typeof bytes === "number") return bytes;
    if (bytes.length === 0) break;
    text += byteString(bytes);
  }
  yield* sys.close(fd);
  return text;
}

test.each([
  // Recorded on Linux 6.18, but for numbers that are this machine's own.
  { path: "/proc/self/cmdline", text: "/sbin/init\0" },
  { path: "/proc/self/environ", text: "HOME=/\0" },
  { path: "/proc/self/comm", text: "init\n" },
  { path: "/proc/self/oom_score_adj", text: "0\n" },
  { path: "/proc/self/uid_map", text: "         0          0 4294967295\n" },
  { path: "/proc/self/personality", text: "00000000\n" },
  { path: "/proc/self/wchan", text: "0" },
  { path: "/proc/self/loginuid", text: "4294967295" },
  {
    path: "/proc/self/mounts",
    text: "none / tmpfs rw,relatime,mode=755,inode64 0 0\nproc /proc proc rw,relatime 0 0\n",
  },
  {
    path: "/proc/mounts",
    text: "none / tmpfs rw,relatime,mode=755,inode64 0 0\nproc /proc proc rw,relatime 0 0\n",
  },
  { path: "/proc/swaps", text: "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" },
  { path: "/proc/sys/kernel/hostname", text: "test\n" },
  { path: "/proc/sys/kernel/cap_last_cap", text: "40\n" },
  { path: "/proc/sys/fs/nr_open", text: "1048576\n" },
  { path: "/proc/loadavg", text: "0.00 0.00 0.00 1/1 1\n" },
  { path: "/proc/2/status", text: -ENOENT },
  { path: "/proc/01/status", text: -ENOENT },
] as const)("$path", ({ path, text }) => {
  expect(runWithProc((sys) => readAll(sys, path))).toBe(text);
});

test("a file read byte by byte is the same as read at once", () => {
  const texts = runWithProc(function* (sys) {
    return [yield* readAll(sys, "/proc/self/limits"), yield* readAll(sys, "/proc/self/limits", 1)];
  }) as string[];
  expect(texts[1]).toBe(texts[0]);
  expect(texts[0]!.split("\n").slice(0, 2)).toEqual([
    "Limit                     Soft Limit           Hard Limit           Units     ",
    "Max cpu time              unlimited            unlimited            seconds   ",
  ]);
});

test("status names a child of another process, and its directory goes with it", () => {
  const answer = runWithProc(function* (sys) {
    const child = yield* sys.fork();
    if (child === 0) yield* sys.exit(3);
    // WEXITED | WNOWAIT: it has ended, and is not reaped yet.
    yield* sys.call("waitid", 0, 0, 0, 0x1000004, 0);
    const fd = yield* sys.open("/proc/2/status");
    const zombie = yield* sys.read(fd, 60);
    yield* sys.wait4(child);
    const gone = yield* sys.open("/proc/2/status");
    yield* sys.lseek(fd, 0);
    return [byteString(zombie as Uint8Array), gone, yield* sys.read(fd, 60)];
  }) as unknown[];
  expect(answer[0]).toContain(
    "Name:\tinit\nState:\tZ (zombie)\nTgid:\t2\nNgid:\t0\nPid:\t2\nPPid:\t1\n",
  );
  expect(answer.slice(1)).toEqual([-ENOENT, -3]);
});

test("settings are checked, and keep to their owner", () => {
  const answer = runWithProc(function* (sys) {
    const fd = yield* sys.open("/proc/sys/fs/protected_symlinks", O_RDWR);
    const refused = yield* sys.write(fd, "2\n");
    const taken = yield* sys.write(fd, " 1\n");
    const text = yield* readAll(sys, "/proc/sys/fs/protected_symlinks");
    yield* sys.call("setresuid", 1000, 1000, 1000);
    const denied = yield* sys.open("/proc/sys/fs/protected_symlinks", O_RDWR);
    const mine = yield* sys.open("/proc/self/environ");
    return [refused, taken, text, denied, mine];
  });
  expect(answer).toEqual([-EINVAL, 3, "1\n", -EACCES, -EACCES]);
});

test("a link in fd leads to the file itself, whatever became of its name", () => {
  const answer = runWithProc(function* (sys) {
    const fd = yield* sys.open("/note", O_RDWR | 0o100, 0o600);
    yield* sys.write(fd, "text");
    yield* sys.unlink("/note");
    const link = yield* sys.readlink(`/proc/self/fd/${fd}`);
    const again = yield* sys.open(`/proc/self/fd/${fd}`);
    const bytes = yield* sys.read(again, 10);
    return [link, byteString(bytes as Uint8Array), yield* sys.readlink("/proc/self/fd/77")];
  });
  expect(answer).toEqual(["/note (deleted)", "text", -ENOENT]);
});

test("directories list what can be opened", () => {
  const answer = runWithProc(function* (sys) {
    const root = yield* sys.open("/proc");
    const names = (yield* sys.readdir(root)) as string[];
    const tasks = yield* sys.readdir(yield* sys.open("/proc/self/task"));
    return { names, tasks };
  }) as { names: string[]; tasks: string[] };
  expect(answer.names.slice(0, 6)).toEqual(["irq", "net", "sys", "kmsg", "stat", "locks"]);
  expect(answer.names.slice(-3)).toEqual(["self", "thread-self", "1"]);
  expect(answer.tasks).toEqual(["1"]);
});

/** Opens and reads everything below `path`, except what waits for something to happen. */
function* walk(sys: Sys, path: string, seen: string[]): SysCall<number> {
  const dir = yield* sys.open(path, O_DIRECTORY);
  if (dir < 0) return dir;
  const names = yield* sys.readdir(dir);
  yield* sys.close(dir);
  if (typeof names === "number") return names;
  for (const name of names) {
    const at = `${path}/${name}`;
    const stat = yield* sys.stat(at, AT_SYMLINK_NOFOLLOW);
    if (typeof stat === "number" || name === "kmsg") continue;
    seen.push(at);
    const type = stat.mode & 0o170000;
    if (type === 0o040000) yield* walk(sys, at, seen);
    else if (type === 0o120000) yield* sys.readlink(at);
    else yield* readAll(sys, at, 77);
  }
  return 0;
}

test.each([0, 1000])("whoever reads all of /proc (user %i) gets answers", (uid) => {
  const seen = runWithProc(function* (sys) {
    const zombie = yield* sys.fork();
    if (zombie === 0) yield* sys.exit(1);
    const sleeper = yield* sys.fork();
    if (sleeper === 0) {
      yield* sys.pause();
      yield* sys.exit(0);
    }
    yield* sys.call("waitid", 0, 0, 0, 0x1000004, 0);
    yield* sys.call("setresuid", uid, uid, uid);
    const paths: string[] = [];
    yield* walk(sys, "/proc", paths);
    yield* sys.kill(sleeper, 9);
    return paths;
  }) as string[];
  expect(seen).toContain("/proc/2/status");
  expect(seen).toContain("/proc/3/task/3/limits");
  expect(seen).toContain("/proc/sys/vm/overcommit_memory");
});

test("a pipe is opened again by its link, a socket is not", () => {
  const answer = runWithProc(function* (sys) {
    const ends = yield* sys.pipe2();
    if (typeof ends === "number") return ends;
    yield* sys.write(ends[1], "abc");
    const again = yield* sys.open(`/proc/self/fd/${ends[0]}`);
    const bytes = yield* sys.read(again, 10);
    const socket = yield* sys.call("socket", 1, 1, 0);
    const created = yield* sys.open("/proc/nothing", 0o102, 0o644);
    return [byteString(bytes as Uint8Array), yield* sys.open(`/proc/self/fd/${socket}`), created];
  });
  expect(answer).toEqual(["abc", -ENXIO, -ENOENT]);
});

test("mem is the memory itself, read-only code included", () => {
  const answer = runWithProc(function* (sys) {
    const at = yield* sys.mmap(0, 4096, 1, 0x22);
    const mem = yield* sys.open("/proc/self/mem", O_RDWR);
    yield* sys.lseek(mem, at + 10);
    const wrote = yield* sys.write(mem, "code");
    yield* sys.lseek(mem, at + 9);
    const bytes = yield* sys.read(mem, 6);
    yield* sys.lseek(mem, 0x1000);
    return [wrote, byteString(bytes as Uint8Array), yield* sys.read(mem, 4)];
  });
  expect(answer).toEqual([4, "\0code\0", -EIO]);
});

test("io counts what a process and the children it has waited for have read and written", () => {
  const text = runWithProc(function* (sys) {
    const ends = yield* sys.pipe2();
    if (typeof ends === "number") return ends;
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.write(ends[1], "seven77");
      yield* sys.exit(0);
    }
    yield* sys.wait4(child);
    yield* sys.read(ends[0], 100);
    yield* sys.read(ends[0], 0);
    return yield* readAll(sys, "/proc/self/io");
  });
  expect(text).toBe(
    "rchar: 7\nwchar: 7\nsyscr: 2\nsyscw: 1\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
  );
});
