import { expect, test } from "vitest";
import { EINTR } from "../include/errno.ts";
import {
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESTART,
  SIG_BLOCK,
  SIG_UNBLOCK,
  SIGALRM,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGUSR1,
  SIGUSR2,
} from "../include/uapi/signal.ts";
import { WCONTINUED, WUNTRACED } from "../include/uapi/wait.ts";
import { runPrograms } from "../init/run-programs.ts";
import type { Sys } from "../user/sys.ts";

const CLONE_NEWPID = 0x20000000;
const WNOHANG = 1;

/** Something to yield, so that it is a generator. */
function* nothing(sys: Sys) {
  yield* sys.getpid();
}

function* sleep(sys: Sys, ns: number) {
  const time = new DataView(new ArrayBuffer(16));
  time.setUint32(8, ns, true);
  yield* sys.call("ppoll", 0, 0, new Uint8Array(time.buffer), 0, 8);
}

test("a handler runs at once, and what it blocks stays blocked until it returns", () => {
  const answer = runPrograms(function* (sys) {
    const log: string[] = [];
    const self = yield* sys.getpid();
    yield* sys.sigaction(SIGUSR2, function* (inHandler: Sys) {
      yield* inHandler.getpid();
      log.push("usr2");
    });
    yield* sys.sigaction(
      SIGUSR1,
      function* (inHandler: Sys) {
        log.push("usr1 begins");
        yield* inHandler.kill(self, SIGUSR2);
        log.push("usr1 ends");
      },
      0,
      [SIGUSR2],
    );
    yield* sys.kill(self, SIGUSR1);
    return log;
  });
  expect(answer).toEqual(["usr1 begins", "usr1 ends", "usr2"]);
});

test("with SA_NODEFER a handler interrupts itself", () => {
  const answer = runPrograms(function* (sys) {
    let depth = 0;
    let deepest = 0;
    const self = yield* sys.getpid();
    yield* sys.sigaction(
      SIGUSR1,
      function* (inHandler: Sys) {
        depth++;
        deepest = Math.max(deepest, depth);
        if (depth < 3) yield* inHandler.kill(self, SIGUSR1);
        depth--;
      },
      SA_NODEFER,
    );
    yield* sys.kill(self, SIGUSR1);
    return deepest;
  });
  expect(answer).toBe(3);
});

test.each([
  { name: "a wait is made again after a handler with SA_RESTART", flags: SA_RESTART, exited: 7 },
  { name: "a wait ends with EINTR after a handler without it", flags: 0, exited: undefined },
])("$name", ({ flags, exited }) => {
  const answer = runPrograms(function* (sys) {
    yield* sys.sigaction(SIGUSR1, nothing, flags);
    const parent = yield* sys.getpid();
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.kill(parent, SIGUSR1);
      yield* sleep(sys, 1e6);
      yield* sys.exit(7);
    }
    const status = new Uint8Array(4);
    const nr = yield* sys.call("wait4", -1, status, 0, 0);
    return { nr: nr === child ? "child" : nr, exited: nr === child ? status[1] : undefined };
  });
  expect(answer).toEqual({ nr: exited === undefined ? -EINTR : "child", exited });
});

test("a pause is never made again, whatever the handler's flags", () => {
  const answer = runPrograms(function* (sys) {
    yield* sys.sigaction(SIGUSR1, nothing, SA_RESTART);
    const parent = yield* sys.getpid();
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.kill(parent, SIGUSR1);
      yield* sys.exit(0);
    }
    return yield* sys.pause();
  });
  expect(answer).toBe(-EINTR);
});

test("a stop and its end are told once each, and the stopped one goes on where it was", () => {
  const answer = runPrograms(function* (sys) {
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.pause();
      yield* sys.exit(1);
    }
    yield* sleep(sys, 1e6);
    yield* sys.kill(child, SIGSTOP);
    const stopped = yield* sys.wait4(child, WUNTRACED);
    const again = yield* sys.call("wait4", child, 0, WUNTRACED | WNOHANG, 0);
    yield* sys.kill(child, SIGCONT);
    const continued = yield* sys.wait4(child, WCONTINUED);
    const after = yield* sys.call("wait4", child, 0, WCONTINUED | WNOHANG, 0);
    yield* sys.kill(child, SIGKILL);
    const killed = yield* sys.wait4(child);
    return { stopped, again, continued, after, killed };
  });
  expect(answer).toMatchObject({
    stopped: { stopped: SIGSTOP },
    again: 0,
    continued: { continued: true },
    after: 0,
    killed: { signaled: SIGKILL },
  });
});

test("a signal to a process is taken by a thread that does not block it", () => {
  const answer = runPrograms(function* (sys) {
    const takers: number[] = [];
    const self = yield* sys.getpid();
    yield* sys.sigaction(SIGUSR1, function* (inHandler: Sys) {
      takers.push(yield* inHandler.gettid());
    });
    const thread = yield* sys.thread(function* (inThread) {
      yield* sleep(inThread, 9e8);
    });
    yield* sys.sigprocmask(SIG_BLOCK, [SIGUSR1]);
    yield* sleep(sys, 1e6);
    yield* sys.kill(self, SIGUSR1);
    yield* sleep(sys, 1e6);
    const byThread = takers[0] === thread;
    // To the first thread alone: it waits until that one unblocks it.
    yield* sys.call("tgkill", self, self, SIGUSR1);
    yield* sleep(sys, 1e6);
    const waiting = takers.length;
    yield* sys.sigprocmask(SIG_UNBLOCK, [SIGUSR1]);
    return { byThread, waiting, last: takers[1] === self };
  });
  expect(answer).toEqual({ byThread: true, waiting: 1, last: true });
});

test("execve by another thread than the first keeps the number of the process", () => {
  const answer = runPrograms(
    function* (sys) {
      const child = yield* sys.fork();
      if (child === 0) {
        yield* sys.thread(function* (inThread) {
          yield* inThread.execve("/bin/id", ["id"]);
        });
        for (;;) yield* sys.pause();
      }
      const ended = yield* sys.wait4(child);
      return { child, ended };
    },
    {
      *"/bin/id"(sys) {
        const pid = yield* sys.getpid();
        const tid = yield* sys.gettid();
        yield* sys.exit(pid === tid ? pid : 0);
      },
    },
  );
  expect(answer).toMatchObject({ child: 2, ended: { exited: 2 } });
});

test("a process ends when its last thread does, not its first", () => {
  const answer = runPrograms(function* (sys) {
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.thread(function* (inThread) {
        yield* sleep(inThread, 5e6);
        yield* inThread.call("exit", 9);
      });
      yield* sys.call("exit", 4);
    }
    yield* sleep(sys, 1e6);
    const early = yield* sys.call("wait4", child, 0, WNOHANG, 0);
    const ended = yield* sys.wait4(child);
    return { early, ended };
  });
  // The last one decides on the status of the process.
  expect(answer).toMatchObject({ early: 0, ended: { exited: 9 } });
});

test("with the init of a pid namespace all others in it end", () => {
  const answer = runPrograms(function* (sys) {
    const pipe = new Uint8Array(8);
    yield* sys.call("pipe", pipe);
    const [from = 0, to = 0] = new Int32Array(pipe.buffer);
    yield* sys.call("unshare", CLONE_NEWPID);
    const inner = yield* sys.fork();
    if (inner === 0) {
      const grandchild = yield* sys.fork();
      if (grandchild === 0) for (;;) yield* sys.pause();
      const self = yield* sys.getpid();
      // From inside, nobody can kill it.
      yield* sys.kill(self, SIGKILL);
      yield* sys.write(to, "x");
      yield* sys.exit(self);
    }
    yield* sys.close(to);
    const first = yield* sys.read(from, 1);
    // The last writer is gone: end of file.
    const rest = yield* sys.read(from, 1);
    const ended = yield* sys.wait4(inner);
    const born = yield* sys.call("fork");
    return { first, rest, ended, born };
  });
  expect(answer).toMatchObject({
    first: Uint8Array.of(120),
    rest: new Uint8Array(0),
    ended: { exited: 1 },
    born: -12,
  });
});

test("a handler of SIGSEGV whose frame finds no room cannot save the process", () => {
  const answer = runPrograms(function* (sys) {
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.sigaction(SIGSEGV, nothing, SA_ONSTACK);
      // A stack in memory that does not exist.
      const stack = new DataView(new ArrayBuffer(24));
      stack.setUint32(0, 0x10000, true);
      stack.setUint32(16, 0x4000, true);
      yield* sys.call("sigaltstack", new Uint8Array(stack.buffer), 0);
      yield* sys.load(8, 1);
      yield* sys.exit(0);
    }
    return yield* sys.wait4(child);
  });
  expect(answer).toMatchObject({ signaled: SIGSEGV });
});

test("children of a process that ignores SIGCHLD are never waited for", () => {
  const answer = runPrograms(function* (sys) {
    yield* sys.sigaction(SIGCHLD, 1);
    const child = yield* sys.fork();
    if (child === 0) yield* sys.exit(3);
    // The wait ends when there is nobody left to wait for.
    return yield* sys.call("wait4", -1, 0, 0, 0);
  });
  expect(answer).toBe(-10);
});

test("a default SIGALRM ends a process while it sleeps in a system call", () => {
  const answer = runPrograms(function* (sys) {
    const child = yield* sys.fork();
    if (child === 0) {
      yield* sys.pause();
    }
    yield* sleep(sys, 1e6);
    yield* sys.kill(child, SIGALRM);
    return yield* sys.wait4(child);
  });
  expect(answer).toMatchObject({ signaled: SIGALRM });
});
