import type { Audit, Interval, Problem, SchedEvent, State } from "./contract.ts";

interface Life {
  state: State;
  since: number;
  hasExited: boolean;
}

const WAITING: readonly State[] = ["sleeping", "blocked", "stopped"];

export function audit(events: readonly SchedEvent[], end: number): Audit {
  const lives = new Map<number, Life>();
  const intervals: Interval[] = [];
  const problems: Problem[] = [];

  const close = (pid: number, life: Life, time: number) => {
    if (time > life.since) intervals.push({ pid, state: life.state, from: life.since, to: time });
    life.since = time;
  };

  events.forEach(({ time, name, fields }, index) => {
    const move = (pid: number, from: readonly State[], to: State) => {
      const life = lives.get(pid);
      if (life === undefined) return;
      if (!from.includes(life.state)) problems.push({ index, pid });
      close(pid, life, time);
      life.state = to;
    };
    const end = (pid: number) => {
      const life = lives.get(pid);
      if (life === undefined) return;
      close(pid, life, time);
      lives.delete(pid);
    };

    const pid = Number(fields["pid"]);
    if (name === "sched:sched_process_fork") {
      const child = Number(fields["child_pid"]);
      if (lives.has(child)) problems.push({ index, pid: child });
      end(child);
      lives.set(child, { state: "new", since: time, hasExited: false });
    } else if (name === "sched:sched_wakeup_new") move(pid, ["new"], "ready");
    else if (name === "sched:sched_wakeup") move(pid, WAITING, "running");
    else if (name === "sched:sched_switch") {
      move(Number(fields["prev_pid"]), ["running"], stateOf(Number(fields["prev_state"])));
      move(Number(fields["next_pid"]), ["ready", "running"], "running");
    } else if (name === "sched:sched_process_exit") {
      const life = lives.get(pid);
      if (life === undefined) return;
      if (life.state !== "running") problems.push({ index, pid });
      life.hasExited = true;
    } else if (name === "sched:sched_process_free") {
      const life = lives.get(pid);
      if (life === undefined) return;
      const isOver = life.state === "zombie" || (life.state === "running" && life.hasExited);
      if (!isOver) problems.push({ index, pid });
      end(pid);
    }
  });

  for (const [pid, life] of lives) close(pid, life, end);
  return { intervals, problems };
}

function stateOf(prevState: number): State {
  if (prevState === 1) return "sleeping";
  if (prevState === 2) return "blocked";
  if (prevState === 4 || prevState === 8) return "stopped";
  if (prevState === 16 || prevState === 32) return "zombie";
  return "ready";
}
