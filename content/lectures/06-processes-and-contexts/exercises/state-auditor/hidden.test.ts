import { exercise, type TestContext } from "exercise";
import { boot, SIGCONT, SIGSTOP, type SystemCalls } from "kernel-sim";

interface SchedEvent {
  readonly time: number;
  readonly name: string;
  readonly fields: Readonly<Record<string, number | string>>;
}

interface Interval {
  readonly pid: number;
  readonly state: string;
  readonly from: number;
  readonly to: number;
}

interface Audit {
  readonly intervals: readonly Interval[];
  readonly problems: readonly { readonly index: number; readonly pid: number }[];
}

export default exercise("state-auditor", ({ test }) => {
  test("tiles", async (context) => {
    for (let round = 0; round < 4; round++) {
      const { events, end } = recorded(context);
      const { intervals } = await audited(context, events, end);
      const wanted = oracle(events, end).intervals;
      for (const [pid, [birth, death]] of livesOf(wanted)) {
        const own = intervals.filter((one) => one.pid === pid && one.from !== one.to);
        const sorted = [...own].sort((a, b) => a.from - b.from);
        let at = birth;
        for (const { from, to } of sorted) {
          context.check(
            from === at && to > from,
            "The intervals of a task have a gap, or overlap.",
          );
          at = to;
        }
        context.check(
          at === death,
          "The intervals of a task do not reach from its birth to its end.",
        );
      }
      const known = new Set(livesOf(wanted).keys());
      context.check(
        intervals.every(({ pid }) => known.has(pid)),
        "There are intervals of a task that was not born in the trace.",
      );
    }
  });

  test("ready-and-running", (context) => compareStates(context, ["new", "ready", "running"]));

  test("waiting", (context) =>
    compareStates(context, ["sleeping", "blocked", "stopped", "zombie"]));

  test("problems", async (context) => {
    const { check } = context;
    for (let round = 0; round < 14; round++) {
      const { events, end } = recorded(context);
      const spoiled = round < 2 ? events : spoil(context, events);
      const { problems } = await audited(context, spoiled, end);
      const wanted = oracle(spoiled, end).problems;
      const key = ({ index, pid }: { index: number; pid: number }) => `${index}:${pid}`;
      const [found, real] = [new Set(problems.map(key)), new Set(wanted.map(key))];
      check(
        [...real].every((one) => found.has(one)),
        "An event that cannot have happened is not reported.",
      );
      check(
        [...found].every((one) => real.has(one)),
        "An event is reported that is possible, or under another place or task.",
      );
    }
  });
});

async function compareStates(context: TestContext, states: readonly string[]): Promise<void> {
  for (let round = 0; round < 4; round++) {
    const { events, end } = recorded(context);
    const spoiled = round < 3 ? events : spoil(context, events);
    const { intervals } = await audited(context, spoiled, end);
    const [got, wanted] = [intervals, oracle(spoiled, end).intervals].map((all) =>
      normal(all.filter(({ state }) => states.includes(state))),
    );
    context.check(
      JSON.stringify(got) === JSON.stringify(wanted),
      `The intervals in one of the states ${states.join(", ")} are not those of the trace.`,
    );
  }
}

/** What a kernel has recorded of a random family of processes. */
function recorded({ random }: TestContext): { events: readonly SchedEvent[]; end: number } {
  const machine = boot({ seed: random.int(1, 1 << 30), cpus: random.int(1, 3) });
  const plans = Array.from({ length: random.int(3, 6) }, () =>
    Array.from({ length: random.int(2, 6) }, () => ({
      what: random.pick(["compute", "nap", "yield", "stop", "thread"] as const),
      ns: random.int(20_000, 9_000_000),
    })),
  );
  const pauses = plans.map(() => random.int(0, 3_000_000));
  const patience = random.int(0, 30_000_000);
  machine.spawn(function* family(sys: SystemCalls) {
    const children: number[] = [];
    for (const [i, plan] of plans.entries()) {
      const pid = yield* sys.fork();
      if (pid === 0) {
        for (const { what, ns } of plan) {
          if (what === "compute") yield* sys.compute(ns);
          else if (what === "nap") yield* sys.nanosleep(ns);
          else if (what === "yield") yield* sys.sched_yield();
          else if (what === "stop") yield* sys.kill(yield* sys.getpid(), SIGSTOP);
          else {
            yield* sys.thread(function* helper(own: SystemCalls) {
              yield* own.compute(ns);
            });
          }
        }
        yield* sys.exit(i);
      }
      children.push(pid);
      yield* sys.nanosleep(pauses[i] ?? 0);
    }
    yield* sys.nanosleep(patience);
    for (let i = 0; i < 40; i++) {
      for (const pid of children) yield* sys.kill(pid, SIGCONT);
      yield* sys.nanosleep(2_000_000);
      yield* sys.wait4(-1, 1);
    }
  });
  machine.runFor(random.pick([60_000_000, 400_000_000]));
  const names = /^sched:sched_(switch|wakeup|wakeup_new|process_fork|process_exit|process_free)$/;
  const events = machine.trace
    .events()
    .filter(({ name }) => names.test(name))
    .map(({ time, name, fields }) => ({
      time,
      name,
      fields: blocked(name, fields as SchedEvent["fields"], time),
    }));
  return { events, end: machine.now() };
}

/** Some sleeps become uninterruptible ones, as a disk would make them. */
function blocked(name: string, fields: SchedEvent["fields"], time: number): SchedEvent["fields"] {
  const isSome = name === "sched:sched_switch" && fields["prev_state"] === 1 && time % 3 === 0;
  return isSome ? { ...fields, prev_state: 2 } : fields;
}

/** Takes an event out, says one twice, exchanges two, or changes a number. */
function spoil({ random }: TestContext, events: readonly SchedEvent[]): readonly SchedEvent[] {
  const spoiled = [...events];
  const pids = events
    .filter(({ name }) => name === "sched:sched_process_fork")
    .map(({ fields }) => Number(fields["child_pid"]));
  for (let times = random.int(1, 3); times > 0; times--) {
    const at = random.int(5, spoiled.length - 2);
    const event = spoiled[at] as SchedEvent;
    const how = random.int(0, 4);
    if (how === 0) spoiled.splice(at, 1);
    else if (how === 1) spoiled.splice(at, 0, event);
    else if (how === 2) {
      const other = spoiled[at + 1] as SchedEvent;
      spoiled[at] = { ...other, time: event.time };
      spoiled[at + 1] = { ...event, time: other.time };
    } else {
      const field = event.name === "sched:sched_switch" ? "next_pid" : "pid";
      if (field in event.fields) {
        spoiled[at] = { ...event, fields: { ...event.fields, [field]: random.pick(pids) } };
      }
    }
  }
  return spoiled;
}

async function audited(
  { player, check }: TestContext,
  events: readonly SchedEvent[],
  end: number,
): Promise<Audit> {
  const plain = events.map((event) => ({ ...event }));
  const answer = (await player.call("audit", plain, end)) as unknown as Audit;
  check(
    Array.isArray(answer?.intervals) && Array.isArray(answer?.problems),
    "audit answers { intervals, problems }, two arrays.",
  );
  return answer;
}

/** Sorted, without empty ones, neighbours of one state as one. */
function normal(intervals: readonly Interval[]): readonly (readonly unknown[])[] {
  const rows = intervals
    .filter(({ from, to }) => from !== to)
    .map(({ pid, state, from, to }) => ({ pid, state, from, to }))
    .sort((a, b) => a.pid - b.pid || a.from - b.from);
  const merged: { pid: number; state: string; from: number; to: number }[] = [];
  for (const row of rows) {
    const last = merged.at(-1);
    if (last?.pid === row.pid && last.state === row.state && last.to === row.from) last.to = row.to;
    else merged.push(row);
  }
  return merged.map(({ pid, state, from, to }) => [pid, state, from, to]);
}

function livesOf(intervals: readonly Interval[]): ReadonlyMap<number, readonly [number, number]> {
  const lives = new Map<number, [number, number]>();
  for (const { pid, from, to } of intervals) {
    const [birth, death] = lives.get(pid) ?? [from, to];
    lives.set(pid, [Math.min(birth, from), Math.max(death, to)]);
  }
  return lives;
}

/** What is right: a table of the rules, looked up for each event. */
function oracle(events: readonly SchedEvent[], end: number): Audit {
  const now = new Map<number, { state: string; since: number; isLeaving: boolean }>();
  const intervals: Interval[] = [];
  const problems: { index: number; pid: number }[] = [];
  const cut = (pid: number, time: number, next: string | undefined) => {
    const task = now.get(pid);
    if (task === undefined) return;
    if (time > task.since) intervals.push({ pid, state: task.state, from: task.since, to: time });
    if (next === undefined) now.delete(pid);
    else now.set(pid, { ...task, state: next, since: time });
  };
  const go = (index: number, pid: number, allowed: string, time: number, next: string) => {
    const task = now.get(pid);
    if (task === undefined) return;
    if (!allowed.split(" ").includes(task.state)) problems.push({ index, pid });
    cut(pid, time, next);
  };
  events.forEach(({ time, name, fields }, index) => {
    const number = (field: string) => Number(fields[field]);
    const pid = number("pid");
    switch (name.slice("sched:sched_".length)) {
      case "process_fork": {
        const child = number("child_pid");
        if (now.has(child)) problems.push({ index, pid: child });
        cut(child, time, undefined);
        now.set(child, { state: "new", since: time, isLeaving: false });
        return;
      }
      case "wakeup_new":
        go(index, pid, "new", time, "ready");
        return;
      case "wakeup":
        go(index, pid, "sleeping blocked stopped", time, "ready");
        return;
      case "switch":
        go(index, number("prev_pid"), "running", time, STATES[number("prev_state")] ?? "ready");
        go(index, number("next_pid"), "ready", time, "running");
        return;
      case "process_exit": {
        const task = now.get(pid);
        if (task === undefined) return;
        if (task.state !== "running") problems.push({ index, pid });
        task.isLeaving = true;
        return;
      }
      default: {
        const task = now.get(pid);
        if (task === undefined) return;
        const isRight = task.state === "zombie" || (task.state === "running" && task.isLeaving);
        if (!isRight) problems.push({ index, pid });
        cut(pid, time, undefined);
      }
    }
  });
  for (const pid of [...now.keys()]) cut(pid, end, undefined);
  return { intervals, problems };
}

const STATES: Readonly<Record<number, string>> = {
  1: "sleeping",
  2: "blocked",
  4: "stopped",
  8: "stopped",
  16: "zombie",
  32: "zombie",
};
