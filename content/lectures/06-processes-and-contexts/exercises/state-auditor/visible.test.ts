import { exercise, type TestContext } from "exercise";

const fork = (time: number, child: number) => ({
  time,
  name: "sched:sched_process_fork",
  fields: { parent_comm: "sh", parent_pid: 1, child_comm: "sh", child_pid: child },
});
const about = (time: number, event: string, pid: number) => ({
  time,
  name: `sched:${event}`,
  fields: { comm: "sh", pid, prio: 120 },
});
const change = (time: number, prev: number, state: number, next: number) => ({
  time,
  name: "sched:sched_switch",
  fields: { prev_comm: "", prev_pid: prev, prev_state: state, next_comm: "", next_pid: next },
});

/** Task 7 runs, is preempted by task 8, which sleeps; both end, 7 is waited for. */
const TRACE = [
  fork(10, 7),
  about(10, "sched_wakeup_new", 7),
  change(25, 0, 0, 7),
  fork(30, 8),
  about(31, "sched_wakeup_new", 8),
  change(40, 7, 256, 8),
  change(55, 8, 1, 7),
  about(60, "sched_wakeup", 8),
  about(70, "sched_process_exit", 7),
  change(70, 7, 32, 8),
  about(90, "sched_process_free", 7),
];

export default exercise("state-auditor", ({ test }) => {
  test("tiles", async (context) => {
    const { intervals } = await audited(context, TRACE);
    for (const pid of [7, 8]) {
      const own = intervals.filter((one) => one.pid === pid).sort((a, b) => a.from - b.from);
      context.check(own.length > 0, `There is no interval of task ${pid}.`);
      own.slice(1).forEach(({ from }, i) => {
        const { to } = own[i] as Row;
        context.check(
          from === to,
          `Of task ${pid} one interval ends at ${to}, the next begins at ${from}.`,
        );
      });
    }
  });

  test("ready-and-running", async (context) => {
    const { intervals } = await audited(context, TRACE);
    expect(context, intervals, 7, "running", 15 + 15);
    expect(context, intervals, 7, "ready", 15 + 15);
    expect(context, intervals, 8, "running", 15 + 30);
  });

  test("waiting", async (context) => {
    const { intervals } = await audited(context, TRACE);
    expect(context, intervals, 8, "sleeping", 5);
    expect(context, intervals, 7, "zombie", 20);
  });

  test("problems", async (context) => {
    const { problems } = await audited(context, TRACE);
    context.check(
      problems.length === 0,
      `This trace is right, and you report ${JSON.stringify(problems)}.`,
    );
    const spoiled = TRACE.filter(({ name }) => name !== "sched:sched_wakeup");
    const { problems: found } = await audited(context, spoiled);
    context.check(
      found.length === 1 && found[0]?.index === 8 && found[0].pid === 8,
      `Without the wake-up of task 8, event 8 puts a sleeping task onto the CPU. You report ${JSON.stringify(found)}.`,
    );
  });
});

interface Row {
  readonly pid: number;
  readonly state: string;
  readonly from: number;
  readonly to: number;
}

interface Answer {
  readonly intervals: readonly Row[];
  readonly problems: readonly { readonly index: number; readonly pid: number }[];
}

async function audited(
  { player, check }: TestContext,
  trace: readonly ReturnType<typeof change | typeof fork | typeof about>[],
): Promise<Answer> {
  const answer = (await player.call("audit", [...trace], 100)) as unknown as Answer;
  check(
    Array.isArray(answer?.intervals) && Array.isArray(answer?.problems),
    "audit answers { intervals, problems }, two arrays.",
  );
  return answer;
}

function expect(
  { check }: TestContext,
  intervals: readonly Row[],
  pid: number,
  state: string,
  wanted: number,
): void {
  const own = intervals.filter((one) => one.pid === pid && one.state === state);
  const sum = own.reduce((total, { from, to }) => total + to - from, 0);
  check(sum === wanted, `Task ${pid} is ${state} for ${wanted} ns; you have ${sum}.`);
}
