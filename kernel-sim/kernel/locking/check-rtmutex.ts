import type { Kernel } from "../kernel.ts";
import { NO_BOOST } from "../sched/entity.ts";

/** What is wrong with lent priorities, in words: locks and waiters must name each other, and nobody keeps what nobody lends. */
export function checkRtMutexes(kernel: Kernel): string[] {
  const wrong: string[] = [];
  for (const task of kernel.tasks) {
    const name = `task ${task.pid} (${task.comm})`;
    const { pi, se } = task;
    const lock = pi?.blockedOn?.lock;
    if (pi?.blockedOn !== undefined && lock?.waiters.includes(pi.blockedOn) !== true) {
      wrong.push(`${name} waits for a lock that does not know it`);
    }
    let lent = NO_BOOST;
    for (const { owner, waiters } of pi?.contended ?? []) {
      if (owner !== task) wrong.push(`${name} counts a lock as its own that is another's`);
      const [first] = waiters;
      if (first === undefined) wrong.push(`${name} has a contended lock that nobody waits for`);
      else lent = Math.min(lent, first.task.se.prio);
    }
    if (se.boostPrio < lent)
      wrong.push(`${name} runs with priority ${se.boostPrio}, which nobody lends it`);
  }
  return wrong;
}
