import { expect, test } from "vitest";
import { O_NOCTTY, O_RDWR } from "../../include/uapi/fcntl.ts";
import { TIOCGPGRP, TIOCSPGRP } from "../../include/uapi/ioctls.ts";
import { SIGCONT, SIGHUP, SIGINT, SIGTTIN, SIGTTOU } from "../../include/uapi/signal.ts";
import { startInit, startKernel } from "../../init/main.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Program } from "../../user/program.ts";
import type { ProgramContext } from "../../user/program-context.ts";
import { programFile } from "../../user/program-file.ts";
import { programLoader } from "../../user/user-context.ts";
import { addConsole } from "./serial-port.ts";
import type { TtyPort } from "./tty-port.ts";

const WUNTRACED = 2;
const MS = 1e6;

interface Machine {
  readonly kernel: Kernel;
  readonly port: TtyPort;
  readonly shown: string[];
}

/** Runs `main` as process 1 of a machine with a console on ttyS0; `prepare` is called before. */
function onConsole(
  main: Program,
  prepare: (machine: Machine) => void,
): Machine & { answer: unknown } {
  const started = startKernel({ seed: 1, cpus: 1 });
  const { kernel, rootfs } = started;
  const shown: string[] = [];
  const port = addConsole(kernel, {
    onOutput: (bytes) => shown.push(String.fromCharCode(...bytes)),
  });
  for (const path of ["/sbin", "/dev"]) rootfs.mkdir(path);
  rootfs.device("/dev/ttyS0", 4, 64);
  rootfs.device("/dev/tty", 5, 0);
  kernel.programs.set("/sbin/init", programLoader(main));
  rootfs.file("/sbin/init", programFile("/sbin/init"), { mode: 0o755 });
  const { user } = startInit(started, "/sbin/init", "test");
  const machine = { kernel, port, shown };
  prepare(machine);
  kernel.run(1e9);
  const context = user as ProgramContext;
  if (context.thrown !== undefined) throw context.thrown.error;
  return { ...machine, answer: context.returned };
}

function typeAt({ kernel, port }: Machine, ms: number, text: string): void {
  kernel.startTimer(ms * MS, () => {
    port.input(Uint8Array.from([...text].map((c) => c.charCodeAt(0))));
  });
}

test("a shell and its jobs share the console: input is for the foreground, ^C too", () => {
  const { answer, shown } = onConsole(
    function* (sys) {
      const shell = yield* sys.fork();
      if (shell === 0) {
        yield* sys.setsid();
        const tty = yield* sys.open("/dev/ttyS0", O_RDWR);
        const log: unknown[] = [];
        // A job in the background that reads is stopped.
        const job = yield* sys.fork();
        if (job === 0) {
          yield* sys.setpgid(0, 0);
          const line = yield* sys.read(tty, 10);
          yield* sys.exit(typeof line === "number" ? 99 : line.length);
        }
        log.push((yield* sys.wait4(job, WUNTRACED)) as unknown);
        // In the foreground it gets its line.
        const group = new Uint8Array(Int32Array.of(job).buffer);
        yield* sys.call("ioctl", tty, TIOCSPGRP, group);
        yield* sys.kill(job, SIGCONT);
        log.push((yield* sys.wait4(job)) as unknown);
        // Now the shell is in the background itself, and takes the terminal back.
        yield* sys.sigaction(SIGTTOU, 1);
        const own = new Uint8Array(Int32Array.of(yield* sys.getpid()).buffer);
        log.push(yield* sys.call("ioctl", tty, TIOCSPGRP, own));
        // ^C is for the job alone.
        const victim = yield* sys.fork();
        if (victim === 0) {
          yield* sys.setpgid(0, 0);
          yield* sys.call("ioctl", tty, TIOCSPGRP, Uint8Array.from(own.map(() => 0)));
          yield* sys.pause();
        }
        yield* sys.setpgid(victim, victim);
        const foreground = new Uint8Array(Int32Array.of(victim).buffer);
        yield* sys.call("ioctl", tty, TIOCSPGRP, foreground);
        log.push((yield* sys.wait4(victim)) as unknown);
        const asked = new Uint8Array(4);
        yield* sys.call("ioctl", tty, TIOCGPGRP, asked);
        log.push(asked[0] === victim);
        yield* sys.write(tty, JSON.stringify(log));
        yield* sys.exit(0);
      }
      return yield* sys.wait4(shell);
    },
    (machine) => {
      typeAt(machine, 50, "hey\n");
      typeAt(machine, 100, "\x03");
    },
  );
  expect(answer).toMatchObject({ exited: 0 });
  const text = shown.join("");
  expect(text.startsWith("hey\r\n^C")).toBe(true);
  expect(JSON.parse(text.slice("hey\r\n^C".length))).toMatchObject([
    { stopped: SIGTTIN },
    { exited: 4 },
    0,
    { signaled: SIGINT },
    true,
  ]);
});

test("a line that is cut tells the leader of the session, and reads as its end", () => {
  const { answer } = onConsole(
    function* (sys) {
      const leader = yield* sys.fork();
      if (leader === 0) {
        yield* sys.setsid();
        const tty = yield* sys.open("/dev/ttyS0", O_RDWR);
        let hangups = 0;
        yield* sys.sigaction(SIGHUP, function* () {
          hangups++;
          yield* sys.getpid();
        });
        const line = yield* sys.read(tty, 10);
        const rest = yield* sys.read(tty, 10);
        const gone = yield* sys.open("/dev/tty", O_RDWR);
        const isEnd = (bytes: unknown) => bytes instanceof Uint8Array && bytes.length === 0;
        yield* sys.exit(hangups === 1 && isEnd(line) && isEnd(rest) && gone === -6 ? 0 : 1);
      }
      return yield* sys.wait4(leader);
    },
    ({ kernel, port }) => {
      kernel.startTimer(20 * MS, () => port.hangup());
    },
  );
  expect(answer).toMatchObject({ exited: 0 });
});

test("a terminal opened with O_NOCTTY controls nobody, and its ^C reaches nobody", () => {
  const { answer } = onConsole(
    function* (sys) {
      const child = yield* sys.fork();
      if (child === 0) {
        yield* sys.setsid();
        const tty = yield* sys.open("/dev/ttyS0", O_RDWR | O_NOCTTY);
        const line = yield* sys.read(tty, 10);
        yield* sys.exit(typeof line === "number" ? -line : line.length);
      }
      return yield* sys.wait4(child);
    },
    (machine) => typeAt(machine, 20, "ab\x03c\n"),
  );
  // What was typed before ^C is gone all the same.
  expect(answer).toMatchObject({ exited: 2 });
});
