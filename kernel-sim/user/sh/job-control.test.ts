import { expect, test } from "vitest";
import { boot } from "../../index.ts";

const TIOCSCTTY = 0x540e;
const TIOCSPTLCK = 0x40045431;

/** What a shell at a pseudo terminal answers to each of the inputs. */
function session(inputs: readonly string[]) {
  const machine = boot();
  machine.install("/bin/login", function* login(sys) {
    yield* sys.setsid();
    const fd = yield* sys.open("/dev/pts/0", 2);
    yield* sys.ioctl(fd, TIOCSCTTY);
    for (const to of [0, 1, 2]) yield* sys.dup2(fd, to);
    yield* sys.execve("/bin/sh", ["sh"], { PATH: "/bin", PS1: "$ " });
  });
  return machine.run(function* terminal(sys) {
    yield* sys.mkdir("/dev/pts");
    yield* sys.call("mount", "devpts", "/dev/pts", "devpts", 0, "ptmxmode=666");
    const master = yield* sys.open("/dev/pts/ptmx", 2);
    yield* sys.call("ioctl", master, TIOCSPTLCK, new Uint8Array(4));
    const pid = yield* sys.spawn("/bin/login");
    yield* sys.nanosleep(50e6);
    const answers: string[] = [];
    for (const input of inputs) {
      yield* sys.write(master, input);
      yield* sys.nanosleep(50e6);
      const bytes = yield* sys.read(master, 4096);
      answers.push(typeof bytes === "number" ? "" : String.fromCharCode(...bytes));
    }
    const ended = yield* sys.wait4(pid);
    return { answers, status: typeof ended === "number" ? ended : ended.exited };
  });
}

test("a job is stopped by ^Z, goes on in the foreground, and ends by ^C", () => {
  const result = session([
    "sleep 100 | cat\n",
    "\x1a",
    "bg\n",
    "jobs\n",
    "fg\n",
    "\x03",
    "echo $?\n",
    "exit 3\n",
  ]);
  expect(result).toEqual({
    answers: [
      "$ sleep 100 | cat\r\n",
      "^Z\r\n[1] + Stopped                    sleep 100 | cat\r\n$ ",
      "bg\r\n[1] sleep 100 | cat\r\n$ ",
      "jobs\r\n[1] + Running                    sleep 100 | cat\r\n$ ",
      "fg\r\nsleep 100 | cat\r\n",
      "^C\r\n$ ",
      "echo $?\r\n130\r\n$ ",
      "exit 3\r\n",
    ],
    status: 3,
  });
});
