import { exercise, type TestContext } from "exercise";
import {
  boot,
  ECHILD,
  SIG_IGN,
  SIGTERM,
  type SystemCalls,
  type UserProgram,
  type UserRequest,
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
    const { random, check } = context;
    const gap = random.int(5_000, 60_000);
    const generations = random.int(14, 20);
    const first = random.int(10 * MS, 12 * MS);
    // A chain: each has one child and ends; it begins shortly before the time is over.
    const chain = await played(context, function* (sys) {
      if ((yield* sys.fork()) === 0) {
        yield* sys.nanosleep(first);
        for (let i = 0; i < generations; i++) {
          if ((yield* sys.fork()) !== 0) yield* sys.exit(0);
          yield* sys.compute(gap);
        }
        yield* sys.nanosleep(500 * MS);
      }
      yield* sys.nanosleep(500 * MS);
    });
    // A brood: many who have one child each, at about the same time.
    const at = Array.from({ length: 4 }, () => LIMIT + random.int(-100_000, 700_000));
    const brood = await played(context, function* (sys) {
      const begin = yield* sys.clock_gettime(1);
      for (const when of at) {
        if ((yield* sys.fork()) !== 0) continue;
        yield* sys.nanosleep(Math.max(1, when - ((yield* sys.clock_gettime(1)) - begin)));
        for (let i = 0; i < 3; i++) if ((yield* sys.fork()) === 0) yield* sys.compute(gap);
        yield* sys.nanosleep(500 * MS);
      }
      yield* sys.nanosleep(500 * MS);
    });
    for (const { running, zombies, status } of [chain, brood]) {
      check(status === 124, "The command did not end in time.");
      check(running === 0, "A process that was born during the work is left.");
      check(zombies === 0, "A process that was born during the work is left as a zombie.");
    }
  });
});

type Command = UserProgram;

interface Played {
  /** undefined when timeout has not answered. */
  readonly status: unknown;
  readonly ns: number;
  /** What wait4 says afterwards. */
  readonly rest: unknown;
  /** Processes that are left and should not be. */
  readonly running: number;
  readonly zombies: number;
  /** Of two, how many live. */
  readonly bystanders: number;
}

/** What is left when `timeout` has answered. */
function played({ player, random }: TestContext, command: Command): Promise<Played> {
  const seed = random.int(1, 1 << 30);
  const cpus = random.int(1, 2);
  return player.inMachine("timeout", (timeout): Played => {
    const machine = boot({ seed, cpus });
    machine.install("/usr/bin/command", command);
    const bystander = function* bystander(sys: SystemCalls) {
      yield* sys.nanosleep(10_000 * MS);
    };
    const others = [machine.spawn(bystander), machine.spawn(bystander)];
    const runner = machine.spawn(function* runner(
      sys: SystemCalls,
    ): Generator<UserRequest, void, never> {
      const begin = yield* sys.clock_gettime(1);
      const status = yield* timeout(sys, "/usr/bin/command", LIMIT);
      const ns = (yield* sys.clock_gettime(1)) - begin;
      const rest = yield* sys.wait4(-1, WNOHANG);
      yield* sys.write(1, JSON.stringify({ status, ns, rest }));
      yield* sys.pause();
    });
    machine.runFor(90 * MS);
    const rows = machine.processes().filter(({ pid }) => pid > runner.pid);
    const said = runner.output === "" ? "{}" : runner.output;
    const { status, ns = Infinity, rest } = JSON.parse(said) as Partial<Played>;
    return {
      ...{ status, ns, rest },
      running: rows.filter(({ state }) => state !== "Z").length,
      zombies: rows.filter(({ state }) => state === "Z").length,
      bystanders: others.filter(({ state }) => state === "S").length,
    };
  });
}
