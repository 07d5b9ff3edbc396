import { exercise, type Plain, type TestContext } from "exercise";
import { boot, SIG_IGN, SIGTERM, type SystemCalls, type UserProgram, WNOHANG } from "kernel-sim";

const MS = 1_000_000;

export default exercise("kill-the-whole-tree", ({ test }) => {
  test("in-time", async (context) => {
    const quick = await played(context, function* quick(sys) {
      yield* sys.compute(2 * MS);
      yield* sys.exit(7);
    });
    context.check(quick.status === 7, `The command exits with 7; timeout answers ${quick.status}.`);
    const slow = await played(context, function* slow(sys) {
      yield* sys.pause();
    });
    context.check(slow.status === 124, `The command never ends; timeout answers ${slow.status}.`);
    context.check(slow.ms < 15, `It answers after ${slow.ms} ms, with a limit of 10.`);
  });

  test("no-survivor", async (context) => {
    const { left } = await played(context, function* daemon(sys) {
      if ((yield* sys.fork()) === 0) {
        yield* sys.setsid();
        yield* sys.sigaction(SIGTERM, SIG_IGN);
        yield* sys.nanosleep(1000 * MS);
      }
      yield* sys.nanosleep(1000 * MS);
    });
    context.check(left.length === 0, `Still there: ${left.join(", ")}.`);
  });

  test("no-zombie", async (context) => {
    const { left, children } = await played(context, function* two(sys) {
      if ((yield* sys.fork()) === 0) yield* sys.exit(1);
      yield* sys.nanosleep(1000 * MS);
    });
    context.check(left.length === 0, `Still there: ${left.join(", ")}.`);
    context.check(!children, "wait4 still finds a child after timeout has answered.");
  });

  test("forks-meanwhile", async (context) => {
    const { left } = await played(context, function* forker(sys) {
      for (let i = 0; i < 40; i++) {
        if ((yield* sys.fork()) === 0) yield* sys.nanosleep(1000 * MS);
        yield* sys.nanosleep(MS / 2);
      }
    });
    context.check(left.length === 0, `Still there: ${left.join(", ")}.`);
  });
});

type Command = UserProgram;

/** Lets `timeout` run a command for at most 10 ms, and the process that calls it end with the answer. */
function played({ player }: TestContext, command: Command) {
  return player.inMachine("timeout", (timeout) => {
    const machine = boot({ seed: 1, cpus: 1 });
    machine.install("/usr/bin/command", command);
    const runner = machine.spawn(function* runner(sys: SystemCalls) {
      const status = yield* timeout(sys, "/usr/bin/command", 10 * MS);
      const children = typeof (yield* sys.wait4(-1, WNOHANG)) !== "number";
      return { status, children };
    });
    machine.runFor(60 * MS);
    // What is there when that process ends stands in the kernel's trace.
    const left = new Map<unknown, string>();
    let ms = 60;
    for (const { name, time, fields } of machine.trace.events()) {
      const { pid, comm, child_pid: child, child_comm: childComm } = fields;
      if (name === "sched:sched_process_fork" && Number(child) > runner.pid) {
        left.set(child, `${childComm} (${child}, running)`);
      }
      if (name === "sched:sched_process_free") left.delete(pid);
      if (name !== "sched:sched_process_exit") continue;
      if (left.has(pid)) left.set(pid, `${comm} (${pid}, zombie)`);
      if (pid !== runner.pid) continue;
      ms = Math.round(time / MS);
      break;
    }
    const { status = "nothing", children = false } = (runner.returned ?? {}) as Returned;
    return { status, children, ms, left: [...left.values()] };
  });
}

interface Returned {
  readonly status?: Plain;
  readonly children?: boolean;
}
