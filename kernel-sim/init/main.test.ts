import { expect, test } from "vitest";
import { initProgram } from "../user/init-program.ts";
import type { Program } from "../user/program.ts";
import type { ProgramContext } from "../user/program-context.ts";
import { programFile } from "../user/program-file.ts";
import { programLoader } from "../user/user-context.ts";
import { startInit, startKernel } from "./main.ts";

/** Runs `main` as process 1 of a fresh machine and answers what it returned. */
function runAsInit(main: Program, others: Readonly<Record<string, Program>> = {}): unknown {
  const started = startKernel({ seed: 1, cpus: 1 });
  const { kernel, rootfs } = started;
  rootfs.mkdir("/bin");
  rootfs.mkdir("/sbin");
  for (const [path, program] of Object.entries({ "/sbin/init": main, ...others })) {
    kernel.programs.set(path, programLoader(program));
    rootfs.file(path, programFile(path), { mode: 0o755 });
  }
  const init = startInit(started, "/sbin/init", "test");
  const { user } = init;
  kernel.run();
  const context = user as ProgramContext;
  if (context.thrown !== undefined) throw context.thrown.error;
  return context.returned;
}

test("a program opens, writes and reads a file", () => {
  const answer = runAsInit(function* (sys) {
    const fd = yield* sys.openat(-100, "/bin/hello", 0o102, 0o644);
    yield* sys.write(fd, "hello");
    yield* sys.lseek(fd, 0);
    const bytes = yield* sys.read(fd, 100);
    return typeof bytes === "number" ? bytes : String.fromCharCode(...bytes);
  });
  expect(answer).toBe("hello");
});

test("fork gives the child its own copy of everything, and wait its status", () => {
  const answer = runAsInit(function* (sys) {
    let local = 1;
    const before = yield* sys.getpid();
    const child = yield* sys.fork();
    if (child === 0) {
      local += 41;
      yield* sys.exit(local);
    }
    const ended = yield* sys.wait4(child);
    return { before, child, local, ended };
  });
  expect(answer).toMatchObject({ before: 1, child: 2, local: 1, ended: { pid: 2, exited: 42 } });
});

test("spawn runs another program with its arguments", () => {
  const answer = runAsInit(
    function* (sys) {
      const pid = yield* sys.spawn("/bin/sum", ["sum", "3", "4"]);
      return yield* sys.wait4(pid);
    },
    {
      *"/bin/sum"(sys, argv) {
        yield* sys.exit(Number(argv[1]) + Number(argv[2]));
      },
    },
  );
  expect(answer).toMatchObject({ exited: 7 });
});

test("init waits for whatever ends", () => {
  expect(runAsInit(initProgram)).toBeUndefined();
});
