import { expect, test } from "vitest";
import { EAGAIN, EMFILE, ENFILE, ENOMEM, ENOSPC } from "../include/errno.ts";
import { boot } from "../index.ts";

const SIGKILL = 9;
const USER = 1000;

test("a fork bomb of a user ends with EAGAIN at RLIMIT_NPROC, and the machine goes on", () => {
  const machine = boot();
  const bomb = machine.run(
    function* bomb(sys) {
      const limit = new DataView(new ArrayBuffer(16));
      limit.setUint32(0, 20, true);
      limit.setUint32(8, 20, true);
      yield* sys.call("setrlimit", 6, new Uint8Array(limit.buffer));
      for (let children = 0; ; children++) {
        const pid = yield* sys.fork();
        if (pid === 0) for (;;) yield* sys.pause();
        if (pid < 0) {
          yield* sys.sigaction(15, 1);
          yield* sys.kill(0, 15);
          let ended = 0;
          while (typeof (yield* sys.wait4()) !== "number") ended++;
          return { children, error: pid, ended };
        }
      }
    },
    { uid: USER },
  );
  // It is one of the twenty itself.
  expect(bomb).toEqual({ children: 19, error: -EAGAIN, ended: 19 });
});

test.each([
  { name: "of numbers for processes", file: "pid_max", value: "320", expected: 317 },
  {
    name: "of threads that the memory is good for",
    file: "threads-max",
    value: "100",
    expected: 98,
  },
])("root's fork bomb ends with EAGAIN at the number $name", ({ file, value, expected }) => {
  const machine = boot();
  const bomb = machine.run(function* bomb(sys) {
    yield* sys.call("mount", "proc", "/proc", "proc", 0, 0);
    const fd = yield* sys.open(`/proc/sys/kernel/${file}`, 1);
    yield* sys.write(fd, value);
    for (let children = 0; ; children++) {
      const pid = yield* sys.fork();
      if (pid === 0) for (;;) yield* sys.pause();
      if (pid >= 0) continue;
      yield* sys.sigaction(15, 1);
      yield* sys.kill(0, 15);
      let ended = 0;
      while (typeof (yield* sys.wait4()) !== "number") ended++;
      const again = yield* sys.fork();
      if (again === 0) return 0;
      return { children, error: pid, isAll: ended === children, isBack: again > 0 };
    }
  });
  expect(bomb).toEqual({
    children: expected,
    error: -EAGAIN,
    isAll: true,
    isBack: true,
  });
});

test("descriptors end with EMFILE at RLIMIT_NOFILE, open files with ENFILE at file-max", () => {
  const machine = boot();
  const answers = machine.run(function* hoard(sys) {
    yield* sys.call("mount", "proc", "/proc", "proc", 0, 0);
    let opened = 0;
    let error = 0;
    while (error >= 0) {
      error = yield* sys.open("/dev/null");
      if (error >= 0) opened++;
    }
    const pipe = yield* sys.pipe2();
    const dup = yield* sys.dup(0);
    yield* sys.call("close_range", 3, 2 ** 32 - 1, 0);
    const fd = yield* sys.open("/proc/sys/fs/file-max", 1);
    yield* sys.write(fd, "20");
    yield* sys.close(fd);
    const isRootFree = (yield* sys.open("/dev/null")) >= 0;
    yield* sys.call("setuid", 1000);
    let last = 0;
    while (last >= 0) last = yield* sys.open("/dev/null");
    const others = [
      yield* sys.pipe2(),
      yield* sys.call("socket", 1, 1, 0),
      yield* sys.call("eventfd2", 0, 0),
      yield* sys.call("epoll_create1", 0),
      yield* sys.call("memfd_create", "m", 0),
      yield* sys.call("pidfd_open", yield* sys.getpid(), 0),
      // No new file is needed for it.
      (yield* sys.dup(0)) > 0,
    ];
    return { opened, error, pipe, dup, isRootFree, last, others };
  });
  expect(answers).toEqual({
    opened: 1021,
    error: -EMFILE,
    pipe: -EMFILE,
    dup: -EMFILE,
    isRootFree: true,
    last: -ENFILE,
    others: [-ENFILE, -ENFILE, -ENFILE, -ENFILE, -ENFILE, -ENFILE, true],
  });
});

test("a full tmpfs answers ENOSPC after what has found room, and has room again", () => {
  const machine = boot();
  const answers = machine.run(function* fill(sys) {
    yield* sys.call("mount", "tmpfs", "/mnt", "tmpfs", 0, "size=64k,nr_inodes=4");
    const fd = yield* sys.open("/mnt/a", 0x42, 0o644);
    const first = yield* sys.write(fd, "x".repeat(100_000));
    const second = yield* sys.write(fd, "x");
    yield* sys.open("/mnt/b", 0x42, 0o644);
    yield* sys.open("/mnt/c", 0x42, 0o644);
    const inode = yield* sys.open("/mnt/d", 0x42, 0o644);
    yield* sys.call("ftruncate", fd, 0);
    const after = yield* sys.call("pwrite64", fd, "y", 1, 0);
    return { first, second, inode, after };
  });
  expect(answers).toEqual({ first: 65_536, second: -ENOSPC, inode: -ENOSPC, after: 1 });
});

test("a mapping of more than there is gets ENOMEM; who fills memory page by page is killed", () => {
  const machine = boot({ memoryMiB: 8 });
  const answers = machine.run(function* greedy(sys) {
    const tooMuch = yield* sys.mmap(0, 2 ** 30, 3, 0x22);
    const pid = yield* sys.fork();
    if (pid === 0) {
      for (;;) {
        const at = yield* sys.mmap(0, 65_536, 3, 0x22);
        for (let page = 0; page < 16; page++) yield* sys.store(at + page * 4096, Uint8Array.of(1));
      }
    }
    const ended = yield* sys.wait4(pid);
    // What it had is there again.
    const at = yield* sys.mmap(0, 2 ** 20, 3, 0x22);
    for (let page = 0; page < 256; page++) yield* sys.store(at + page * 4096, Uint8Array.of(1));
    return { tooMuch, ended };
  });
  expect(answers).toMatchObject({ tooMuch: -ENOMEM, ended: { signaled: SIGKILL } });
});
