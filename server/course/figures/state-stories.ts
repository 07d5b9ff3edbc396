import { boot, i386, type Machine, type SystemCalls, type TraceEvent } from "#kernel-sim";
import type { StateMoment, StateStory, WheelState } from "#notebook/document";

const MS = 1_000_000;
const [SIGSTOP, SIGCONT] = [19, 18];

/** Tasks that go through their states, told by the trace of the simulator. */
export function stateStories(): readonly StateStory[] {
  return [small(), crowd()];
}

function small(): StateStory {
  const machine = boot({ seed: 6, cpus: 1 });
  machine.spawn(function* rival(sys: SystemCalls) {
    yield* sys.compute(24 * MS);
  });
  machine.spawn(function* shell(sys: SystemCalls) {
    const ends = yield* sys.pipe2();
    if (typeof ends === "number") return;
    if ((yield* sys.fork()) === 0) {
      yield* sys.compute(9 * MS);
      yield* sys.read(ends[0], 1);
      yield* sys.nanosleep(MS);
      yield* sys.exit(0);
    }
    yield* sys.nanosleep(24 * MS);
    yield* sys.write(ends[1], "x");
    yield* sys.nanosleep(8 * MS);
    yield* sys.wait4();
  });
  machine.runUntilIdle();
  return {
    id: "life",
    title: "one life",
    hint: "A small process is born, computes, reads from an empty pipe, sleeps and ends; a rival computes all the time.",
    ...told(machine, ["rival", "shell"]),
  };
}

function crowd(): StateStory {
  const machine = boot({ seed: 2, cpus: 2 });
  const vfork = i386.assemble(
    `
    mov $190, %eax
    int $0x80
    test %eax, %eax
    jnz end
    mov $162, %eax
    mov $nap, %ebx
    mov $0, %ecx
    int $0x80
  end:
    mov $1, %eax
    int $0x80
  nap: .long 0, 6000000`,
    { name: "deep" },
  );
  const stopped = machine.spawn(function* stopper(sys: SystemCalls) {
    yield* sys.compute(3 * MS);
    yield* sys.compute(3 * MS);
  });
  machine.spawn(vfork);
  machine.spawn(function* hog(sys: SystemCalls) {
    yield* sys.compute(2 * MS);
    yield* sys.kill(stopped.pid, SIGSTOP);
    yield* sys.compute(4 * MS);
    yield* sys.kill(stopped.pid, SIGCONT);
  });
  machine.runUntilIdle();
  return {
    id: "crowd",
    title: "two CPUs, four tasks",
    hint: "“deep” calls vfork() and sleeps uninterruptibly until its child has ended; “stopper” is stopped and continued.",
    ...told(machine, ["stopper", "deep", "hog"]),
  };
}

type Told = Pick<StateStory, "tasks" | "moments">;

/** The story of all tasks that were started from outside, and of their children. */
function told(machine: Machine, names: readonly string[]): Told {
  const tasks: { pid: number; comm: string }[] = [];
  const states = new Map<number, WheelState>();
  const moments: StateMoment[] = [];
  const nameOf = (pid: number) => tasks.find((task) => task.pid === pid)?.comm ?? "";
  const note = (event: TraceEvent, pid: number, state: WheelState, says: string) => {
    states.set(pid, state);
    moments.push({
      time: event.time,
      pid,
      says: `${(event.time / MS).toFixed(3)} ms, ${event.name.slice(6)}: ${says}`,
      states: tasks.map((task) => states.get(task.pid)),
    });
  };
  for (const event of machine.trace.events()) {
    const number = (field: string) => Number(event.fields[field]);
    const pid = number("pid");
    if (event.name === "sched:sched_process_fork") {
      const child = number("child_pid");
      const parent = nameOf(number("parent_pid"));
      const isChild = parent !== "";
      if (!isChild && tasks.length >= names.length + 3) continue;
      tasks.push({ pid: child, comm: isChild ? "child" : (names[tasks.length] ?? "task") });
      note(event, child, "new", `${nameOf(child)} (${child}) is born.`);
    } else if (event.name === "sched:sched_wakeup_new" && states.has(pid)) {
      note(event, pid, "ready", `${nameOf(pid)} is put onto a run queue for the first time.`);
    } else if (event.name === "sched:sched_wakeup" && states.has(pid)) {
      note(event, pid, "ready", `${nameOf(pid)} is woken.`);
    } else if (event.name === "sched:sched_switch") {
      const [prev, next] = [number("prev_pid"), number("next_pid")];
      if (states.has(prev)) {
        const state = stateOf(number("prev_state"));
        note(
          event,
          prev,
          state,
          `${nameOf(prev)} leaves its CPU, prev_state ${number("prev_state")}.`,
        );
      }
      if (states.has(next))
        note(event, next, "running", `${nameOf(next)} is put onto CPU ${event.cpu}.`);
    } else if (event.name === "sched:sched_process_free" && states.has(pid)) {
      note(event, pid, "gone", `${nameOf(pid)} has been waited for; its number is free.`);
    }
  }
  return {
    tasks,
    moments: moments.map((moment) => ({
      ...moment,
      states: tasks.map((_, place) => moment.states[place]),
    })),
  };
}

function stateOf(prevState: number): WheelState {
  if (prevState === 1) return "sleeping";
  if (prevState === 2) return "blocked";
  if (prevState === 4 || prevState === 8) return "stopped";
  return prevState === 16 || prevState === 32 ? "zombie" : "ready";
}
