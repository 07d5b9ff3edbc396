import type { ChildStatus } from "../../api-kernel.ts";
import { TIOCSPGRP } from "../../include/uapi/ioctls.ts";
import { SIGINT } from "../../include/uapi/signal.ts";
import { WNOHANG, WUNTRACED } from "../../include/uapi/wait.ts";
import type { Sys } from "../sys.ts";
import type { SysCall } from "../sys-port.ts";
import type { Job, Shell } from "./shell.ts";
import { endingText } from "./signals.ts";

const EINTR = -4;

/** A background job, entered in the table. */
export function addJob(shell: Shell, pids: readonly number[], text: string): Job {
  const id = 1 + Math.max(0, ...shell.jobs.map((job) => job.id));
  const job: Job = { id, pids, pgid: pids[0]!, text, state: "Running", status: 0 };
  shell.jobs.push(job);
  return job;
}

/** Makes a process group the terminal's foreground. */
export function* giveTerminal(sys: Sys, pgid: number): SysCall {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, pgid, true);
  return yield* sys.call("ioctl", 0, TIOCSPGRP, bytes);
}

/** Waits until all processes of a job have ended (or one has stopped, under job control): the last one's status. */
export function* waitForJob(shell: Shell, job: Job): SysCall {
  const { sys } = shell;
  let status = 0;
  let isStopped = false;
  for (const pid of job.pids) {
    for (;;) {
      const ended = yield* sys.wait4(pid, shell.isMonitor ? WUNTRACED : 0);
      if (ended === EINTR) continue;
      if (typeof ended === "number") break;
      isStopped ||= ended.stopped !== undefined;
      status = statusOf(ended);
      // The shell was not in the foreground, and saw no ^C itself.
      if (shell.isMonitor && ended.signaled === SIGINT) shell.isInterrupted = true;
      const text = ended.signaled === undefined ? undefined : endingText(ended.signaled);
      if (text !== undefined && pid === job.pids.at(-1)) yield* sys.write(2, `${text}\n`);
      break;
    }
  }
  if (shell.isMonitor) yield* giveTerminal(sys, yield* sys.call("getpgrp"));
  if (isStopped) {
    const known = shell.jobs.includes(job) ? job : addJob(shell, job.pids, job.text);
    known.state = "Stopped";
    yield* sys.write(2, `\n[${known.id}] + Stopped                    ${known.text}\n`);
  } else {
    job.state = "Done";
    shell.jobs = shell.jobs.filter((each) => each !== job);
  }
  return status;
}

/** Asks, without waiting, which jobs have ended. */
export function* pollJobs(shell: Shell): SysCall<void> {
  for (const job of shell.jobs) {
    if (job.state !== "Running") continue;
    const last = job.pids.at(-1)!;
    for (const pid of job.pids) {
      const ended = yield* shell.sys.wait4(pid, WNOHANG | (shell.isMonitor ? WUNTRACED : 0));
      if (typeof ended === "number" || pid !== last) continue;
      job.state = ended.stopped === undefined ? "Done" : "Stopped";
      job.status = statusOf(ended);
    }
  }
}

/** The job of `%n`, `%+`, `%%`, a process id, or the newest. */
export function findJob(shell: Shell, name: string | undefined): Job | undefined {
  if (name === undefined || name === "%%" || name === "%+") return shell.jobs.at(-1);
  if (name.startsWith("%")) {
    const text = name.slice(1);
    return shell.jobs.find((job) => String(job.id) === text || job.text.startsWith(text));
  }
  return shell.jobs.find((job) => job.pids.includes(Number(name)));
}

function statusOf({ exited, signaled, stopped }: ChildStatus): number {
  return exited ?? 128 + (signaled ?? stopped ?? 0);
}
