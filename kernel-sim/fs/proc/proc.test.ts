import { expect, test } from "vitest";
import { EACCES, EINVAL, ENOENT } from "../../include/errno.ts";
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
  expect(answer.names.slice(0, 4)).toEqual(["sys", "kmsg", "stat", "swaps"]);
  expect(answer.names.slice(-3)).toEqual(["self", "thread-self", "1"]);
  expect(answer.tasks).toEqual(["1"]);
});
