import { expect, test } from "vitest";
import {
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_DETACH,
  PTRACE_EVENT_EXEC,
  PTRACE_EVENT_EXIT,
  PTRACE_EVENT_STOP,
  PTRACE_GETREGS,
  PTRACE_INTERRUPT,
  PTRACE_PEEKDATA,
  PTRACE_POKEDATA,
  PTRACE_SEIZE,
  PTRACE_SETOPTIONS,
  PTRACE_SETREGS,
  PTRACE_SYSCALL,
  PTRACE_TRACEME,
} from "../include/uapi/ptrace.ts";
import { SIGCONT, SIGKILL, SIGSTOP, SIGTRAP, SIGUSR1 } from "../include/uapi/signal.ts";
import { runPrograms } from "../init/run-programs.ts";
import type { Sys } from "../user/sys.ts";

const O_TRACESYSGOOD = 1;
const O_TRACEEXEC = 1 << PTRACE_EVENT_EXEC;
const O_TRACEEXIT = 1 << PTRACE_EVENT_EXIT;
const WNOHANG = 1;
const WUNTRACED = 2;
const RAX = 80;
const ORIG_RAX = 120;

/** The status word of the next wait; -1 when there is nothing. */
function* status(sys: Sys, pid: number, flags = 0) {
  const word = new Uint8Array(4);
  const nr = yield* sys.call("wait4", pid, word, flags, 0);
  return nr > 0 ? new DataView(word.buffer).getUint32(0, true) : -1;
}

const stopped = (signo: number, event = 0) => (event << 16) | (signo << 8) | 0x7f;

test("a tracer sees the calls of its child and may change what they answer", () => {
  const answer = runPrograms(function* (sys) {
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.call("ptrace", PTRACE_TRACEME);
      yield* sys.kill(yield* sys.getpid(), SIGSTOP);
      yield* sys.exit((yield* sys.getppid()) - 1000);
    }
    const seen: (number | string)[] = [yield* status(sys, child)];
    yield* sys.call("ptrace", PTRACE_SETOPTIONS, child, 0, O_TRACESYSGOOD);
    const regs = new Uint8Array(216);
    const view = new DataView(regs.buffer);
    for (const what of ["enter", "exit"]) {
      yield* sys.call("ptrace", PTRACE_SYSCALL, child, 0, 0);
      seen.push(yield* status(sys, child));
      yield* sys.call("ptrace", PTRACE_GETREGS, child, 0, regs);
      seen.push(`${what} ${view.getInt32(ORIG_RAX, true)}: ${view.getInt32(RAX, true)}`);
    }
    view.setInt32(RAX, 1042, true);
    yield* sys.call("ptrace", PTRACE_SETREGS, child, 0, regs);
    yield* sys.call("ptrace", PTRACE_CONT, child, 0, 0);
    seen.push(yield* status(sys, child));
    return seen;
  });
  // getppid is call 110; before a call -ENOSYS stands in ax.
  expect(answer).toEqual([
    stopped(SIGSTOP),
    stopped(SIGTRAP | 0x80),
    "enter 110: -38",
    stopped(SIGTRAP | 0x80),
    "exit 110: 1",
    42 << 8,
  ]);
});

test("attaching stops, a signal is shown first and can be taken away, detaching lets go", () => {
  const answer = runPrograms(function* (sys) {
    const child = yield* sys.fork();
    if (child === 0) for (;;) yield* sys.pause();
    const seen: number[] = [];
    seen.push(yield* sys.call("ptrace", PTRACE_ATTACH, child, 0, 0));
    seen.push(yield* status(sys, child));
    yield* sys.call("ptrace", PTRACE_CONT, child, 0, 0);
    yield* sys.kill(child, SIGUSR1);
    seen.push(yield* status(sys, child));
    yield* sys.call("ptrace", PTRACE_CONT, child, 0, 0);
    // It still lives; while it runs, nothing can be asked of it.
    seen.push(yield* sys.call("ptrace", PTRACE_CONT, child, 0, 0));
    yield* sys.kill(child, SIGSTOP);
    seen.push(yield* status(sys, child));
    yield* sys.call("ptrace", PTRACE_DETACH, child, 0, SIGSTOP);
    seen.push(yield* status(sys, child, WUNTRACED));
    yield* sys.kill(child, SIGKILL);
    seen.push(yield* status(sys, child));
    return seen;
  });
  expect(answer).toEqual([
    0,
    stopped(SIGSTOP),
    stopped(SIGUSR1),
    -3,
    stopped(SIGSTOP),
    stopped(SIGSTOP),
    SIGKILL,
  ]);
});

test("a seized child stops without a signal, and as its group does", () => {
  const answer = runPrograms(function* (sys) {
    const child = yield* sys.fork();
    if (child === 0) for (;;) yield* sys.pause();
    const seen: number[] = [];
    seen.push(yield* sys.call("ptrace", PTRACE_SEIZE, child, 0, 0));
    seen.push(yield* status(sys, child, WNOHANG));
    yield* sys.call("ptrace", PTRACE_INTERRUPT, child, 0, 0);
    seen.push(yield* status(sys, child));
    yield* sys.call("ptrace", PTRACE_CONT, child, 0, 0);
    yield* sys.kill(child, SIGSTOP);
    seen.push(yield* status(sys, child));
    yield* sys.call("ptrace", PTRACE_CONT, child, 0, SIGSTOP);
    seen.push(yield* status(sys, child));
    yield* sys.kill(child, SIGCONT);
    yield* sys.call("ptrace", PTRACE_CONT, child, 0, 0);
    seen.push(yield* status(sys, child));
    return seen;
  });
  expect(answer).toEqual([
    0,
    -1,
    stopped(SIGTRAP, PTRACE_EVENT_STOP),
    stopped(SIGSTOP),
    stopped(SIGSTOP, PTRACE_EVENT_STOP),
    stopped(SIGTRAP, PTRACE_EVENT_STOP),
  ]);
});

test("the events of execve and of the end come with their own stops", () => {
  const answer = runPrograms(
    function* (sys) {
      const child = yield* sys.fork();
      if (child === 0) {
        yield* sys.call("ptrace", PTRACE_TRACEME);
        yield* sys.kill(yield* sys.getpid(), SIGSTOP);
        yield* sys.execve("/bin/two", ["two"]);
      }
      const seen = [yield* status(sys, child)];
      yield* sys.call("ptrace", PTRACE_SETOPTIONS, child, 0, O_TRACEEXEC | O_TRACEEXIT);
      for (let i = 0; i < 3; i++) {
        yield* sys.call("ptrace", PTRACE_CONT, child, 0, 0);
        seen.push(yield* status(sys, child));
      }
      return seen;
    },
    {
      *"/bin/two"(sys) {
        yield* sys.exit(2);
      },
    },
  );
  expect(answer).toEqual([
    stopped(SIGSTOP),
    stopped(SIGTRAP, PTRACE_EVENT_EXEC),
    stopped(SIGTRAP, PTRACE_EVENT_EXIT),
    2 << 8,
  ]);
});

test("a tracer reads and writes memory, also where the child may not write", () => {
  const answer = runPrograms(function* (sys) {
    const page = yield* sys.mmap(0, 4096, 3, 0x22);
    yield* sys.store(page, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    yield* sys.mprotect(page, 4096, 1);
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.call("ptrace", PTRACE_TRACEME);
      yield* sys.kill(yield* sys.getpid(), SIGSTOP);
      const [byte = 0] = yield* sys.load(page, 1);
      yield* sys.exit(byte);
    }
    yield* status(sys, child);
    const word = new Uint8Array(8);
    const nowhere = yield* sys.call("ptrace", PTRACE_PEEKDATA, child, 16, word);
    yield* sys.call("ptrace", PTRACE_PEEKDATA, child, page, word);
    const poked = yield* sys.call("ptrace", PTRACE_POKEDATA, child, page, 42);
    yield* sys.call("ptrace", PTRACE_CONT, child, 0, 0);
    const ended = yield* status(sys, child);
    const own = yield* sys.load(page, 1);
    return { nowhere, word: [...word], poked, ended, own: own[0] };
  });
  expect(answer).toEqual({
    nowhere: -5,
    word: [1, 2, 3, 4, 5, 6, 7, 8],
    poked: 0,
    ended: 42 << 8,
    own: 1,
  });
});
