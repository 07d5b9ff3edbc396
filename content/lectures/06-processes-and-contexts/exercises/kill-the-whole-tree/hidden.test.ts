import { exercise, type Plain, type TestContext } from "exercise";
import {
  boot,
  ECHILD,
  SIG_IGN,
  SIGTERM,
  type SystemCalls,
  type Trace,
  type UserProgram,
  WNOHANG,
} from "kernel-sim";

const MS = 1_000_000;
const LIMIT = 12 * MS;

export default exercise("kill-the-whole-tree", ({ test }) => {
  test("in-time", async (context) => {
    const { random, check } = context;
    const status = random.pick([0, 1, random.int(2, 123), 125]);
    const signal = random.pick([6, 9, 11, 15]);
    const ns = random.int(100_000, 9 * MS);
    const byItself = await played(context, function* (sys) {
      // An orphan ends first, and it is not the command.
      if ((yield* sys.fork()) === 0) {
        if ((yield* sys.fork()) === 0) {
          yield* sys.nanosleep(ns / 2);
          yield* sys.exit(99);
        }
        yield* sys.exit(98);
      }
      yield* sys.compute(ns);
      yield* sys.exit(status);
    });
    check(
      byItself.status === status,
      "The status of a command that ended in time is not answered.",
    );
    check(byItself.ns < 12 * MS, "timeout waits for its time although the command has ended.");
    const killed = await played(context, function* (sys) {
      yield* sys.nanosleep(ns);
      yield* sys.kill(yield* sys.getpid(), signal);
    });
    check(
      killed.status === 128 + signal,
      "The status of a command that a signal has ended is wrong.",
    );
    const late = await played(context, function* (sys) {
      for (;;) yield* sys.compute(ns);
    });
    check(late.status === 124, "A command that does not end in time must be answered with 124.");
    check(
      late.ns >= LIMIT && late.ns <= LIMIT + 5 * MS,
      "timeout answers before its time, or more than 5 ms later.",
    );
  });

  test("no-survivor", async (context) => {
    const { random, check } = context;
    const shy = Array.from({ length: 5 }, () => random.int(0, 2) > 0);
    const tree = await played(context, function* (sys) {
      for (let level = 0; level < 4; level++) {
        if ((yield* sys.fork()) !== 0) break;
        if (shy[level]) yield* sys.setsid();
        if (shy[level + 1]) yield* sys.sigaction(SIGTERM, SIG_IGN);
      }
      yield* sys.nanosleep(500 * MS);
    });
    const daemon = await played(context, function* (sys) {
      if ((yield* sys.fork()) === 0) {
        yield* sys.setsid();
        if ((yield* sys.fork()) !== 0) yield* sys.exit(0);
        yield* sys.sigaction(SIGTERM, SIG_IGN);
        yield* sys.nanosleep(500 * MS);
      }
      yield* sys.nanosleep(MS);
      yield* sys.exit(5);
    });
    check(daemon.status === 5, "The command's own status is to be answered, not a descendant's.");
    for (const { running, bystanders } of [tree, daemon]) {
      check(running === 0, "A descendant of the command still runs.");
      check(bystanders === 2, "A process was killed that is no descendant of the command.");
    }
  });

  test("no-zombie", async (context) => {
    const { random, check } = context;
    const children = random.int(2, 4);
    const isLate = random.int(0, 1) === 1;
    const family = await played(context, function* (sys) {
      for (let i = 0; i < children; i++) {
        if ((yield* sys.fork()) !== 0) continue;
        if (i === 0) yield* sys.exit(0);
        if ((yield* sys.fork()) === 0) yield* sys.exit(0);
        yield* sys.nanosleep(500 * MS);
      }
      if (isLate) yield* sys.nanosleep(500 * MS);
    });
    check(family.status === (isLate ? 124 : 0), "timeout answers a wrong status.");
    check(family.zombies === 0, "A process is left as a zombie.");
    check(family.rest === -ECHILD, "After timeout has answered, wait4 still finds a child.");
    check(family.running === 0, "A process is left that runs.");
  });

  test("forks-meanwhile", async (context) => {
    const { check } = context;
    const commands = Array.from({ length: RACES_PER_SEED }, (_, i) =>
      (i % 2 === 0 ? chain : brood)(context),
    );
    for (const { status, born, running, zombies, bystanders } of await race(context, commands)) {
      check(born >= 2, "The command was not started, or was killed before its time was over.");
      check(status === 124, "The command did not end in time.");
      check(bystanders === 2, "A process was killed that is no descendant of the command.");
      check(running === 0, "A process that was born during the work is left.");
      check(zombies === 0, "A process that was born during the work is left as a zombie.");
    }
  });
});

/** Two seeds are everybody's and one is the student's own, which makes 204 races. */
const RACES_PER_SEED = 68;
const RACE_LIMIT = 2 * MS;

/** Each has one child and ends; it begins shortly before the time is over. */
function chain({ random }: TestContext): Command {
  const gap = random.int(5_000, 60_000);
  const generations = random.int(14, 20);
  const first = random.int(RACE_LIMIT - 900_000, RACE_LIMIT);
  return function* (sys) {
    if ((yield* sys.fork()) === 0) {
      yield* sys.nanosleep(first);
      for (let i = 0; i < generations; i++) {
        if ((yield* sys.fork()) !== 0) yield* sys.exit(0);
        yield* sys.compute(gap);
      }
      yield* sys.nanosleep(500 * MS);
    }
    yield* sys.nanosleep(500 * MS);
  };
}

/** Many who have three children each, at about the same time. */
function brood({ random }: TestContext): Command {
  const gap = random.int(5_000, 60_000);
  const at = Array.from({ length: 4 }, () => RACE_LIMIT + random.int(-100_000, 700_000));
  return function* (sys) {
    const begin = yield* sys.clock_gettime(1);
    for (const when of at) {
      if ((yield* sys.fork()) !== 0) continue;
      yield* sys.nanosleep(Math.max(1, when - ((yield* sys.clock_gettime(1)) - begin)));
      for (let i = 0; i < 3; i++) if ((yield* sys.fork()) === 0) yield* sys.compute(gap);
      yield* sys.nanosleep(500 * MS);
    }
    yield* sys.nanosleep(500 * MS);
  };
}

type Command = UserProgram;

interface Played {
  /** undefined when timeout has not returned. */
  readonly status: Plain;
  /** From the runner's start to its end. */
  readonly ns: number;
  /** What wait4 says afterwards. */
  readonly rest: Plain;
  /** Descendants that the runner has had. */
  readonly born: number;
  /** Descendants of the runner that were there when it ended. */
  readonly running: number;
  readonly zombies: number;
  /** Of two, how many live. */
  readonly bystanders: number;
}

async function played(context: TestContext, command: Command): Promise<Played> {
  const [one] = await playedAll(context, [command], LIMIT, 90 * MS);
  return one as Played;
}

function race(context: TestContext, commands: readonly Command[]): Promise<readonly Played[]> {
  return playedAll(context, commands, RACE_LIMIT, 40 * MS);
}

/**
 * Lets a process end with what `timeout` answers, on a machine for each command. Only the kernel is believed: when that
 * process ended, and who was there then, stands in its trace.
 */
function playedAll(
  { player, random }: TestContext,
  commands: readonly Command[],
  limit: number,
  untilMost: number,
): Promise<readonly Played[]> {
  const settings = commands.map((command) => ({
    ...{ command, seed: random.int(1, 1 << 30), cpus: random.int(1, 2) },
  }));
  const done: Played[] = [];
  return player.inMachine("timeout", (timeout) => {
    // Where the player has to be asked for the next call, this is played again: without the machines that are done.
    for (const { command, seed, cpus } of settings.slice(done.length)) {
      const machine = boot({ seed, cpus });
      machine.install("/usr/bin/command", command);
      const bystander = function* bystander(sys: SystemCalls) {
        yield* sys.nanosleep(10_000 * MS);
      };
      const others = [machine.spawn(bystander), machine.spawn(bystander)];
      const runner = machine.spawn(function* runner(sys: SystemCalls) {
        const status = yield* timeout(sys, "/usr/bin/command", limit);
        const child = yield* sys.wait4(-1, WNOHANG);
        return { status, rest: typeof child === "number" ? child : child.pid };
      });
      machine.runFor(untilMost);
      const { status, rest } = (runner.returned ?? {}) as Partial<Played>;
      done.push({
        ...{ status, rest },
        ...familyOf(runner.pid, machine.trace),
        bystanders: others.filter(({ state }) => state === "S").length,
      });
    }
    return done;
  });
}

/** How long a process lived, and who of its descendants was there at its end; or until now, if it has not ended. */
function familyOf(ancestor: number, trace: Trace) {
  const states = new Map<unknown, "running" | "zombie">();
  let born = 0;
  let begin = 0;
  let ns = Infinity;
  for (const { name, time, fields } of trace.events()) {
    const { pid, parent_pid: parent, child_pid: child } = fields;
    if (name === "sched:sched_process_fork") {
      if (child === ancestor) begin = time;
      // A number may be given to another process later.
      if (parent === ancestor || states.has(parent)) {
        states.set(child, "running");
        born++;
      }
    }
    if (name === "sched:sched_process_exit") {
      if (pid === ancestor) {
        ns = time - begin;
        break;
      }
      if (states.has(pid)) states.set(pid, "zombie");
    }
    if (name === "sched:sched_process_free") states.delete(pid);
  }
  const count = (state: string) => [...states.values()].filter((one) => one === state).length;
  return { ns, born, running: count("running"), zombies: count("zombie") };
}
