import type { MaySleep } from "../sleep.ts";
import { TASK_NORMAL, TASK_RUNNING } from "../state.ts";
import type { Task } from "../task.ts";

/**
 * Sleeps until somebody wakes the task, a signal comes (when `state` is interruptible) or the time is
 * up; answers whether it is. Both times in ns since boot; `end` Infinity: it never is.
 *
 * @param slackNs how much later than `end` will do: an idle machine uses all of it.
 * @linux kernel/time/sleep_timeout.c `schedule_hrtimeout_range_clock` (6.18)
 */
export function* scheduleHrtimeout(
  task: Task,
  state: number,
  end: number,
  slackNs: number,
): MaySleep<boolean> {
  const { kernel } = task;
  let isOver = false;
  const timer = kernel.startTimer(end + slackNs, () => {
    isOver = true;
    kernel.sched.tryToWakeUp(task, TASK_NORMAL);
  });
  task.state = state;
  task.sleepEnd = end + slackNs;
  yield;
  task.sleepEnd = Infinity;
  timer?.cancel();
  task.state = TASK_RUNNING;
  return isOver;
}

const MAX_SLACK_NS = 100e6;

/**
 * How exactly a wait of `ns` has to end: a thousandth of it, five for the nice, at least what the task
 * has set by prctl(2).
 *
 * @linux fs/select.c `select_estimate_accuracy` (6.18)
 */
export function selectEstimateAccuracy(task: Task, ns: number): number {
  if (task.se.isRealtime) return 0;
  if (ns < 0) return 0;
  const part = task.se.nice > 0 ? 200 : 1000;
  return Math.max(Math.min(Math.floor(ns / part), MAX_SLACK_NS), task.timerSlackNs);
}
