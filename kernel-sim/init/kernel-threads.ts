import { FilesStruct } from "../fs/file.ts";
import { SIG_IGN } from "../include/uapi/signal.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { allocPid, type Pid } from "../kernel/pid.ts";
import { SCHED_FIFO, SchedEntity } from "../kernel/sched/entity.ts";
import { SighandStruct, SignalStruct } from "../kernel/signal-struct.ts";
import type { MaySleep } from "../kernel/sleep.ts";
import { runKsoftirqd } from "../kernel/softirq.ts";
import { TASK_IDLE, TASK_INTERRUPTIBLE } from "../kernel/state.ts";
import { PF_KTHREAD, Task } from "../kernel/task.ts";
import { WaitQueueHead } from "../kernel/wait.ts";

const NSIG = 64;
/** The priority of the stopper. @linux kernel/sched/core.c `sched_set_stop_task` (6.18) */
const MAX_RT_PRIORITY = 99;

/** A thread of the kernel: where it sleeps, and how important it is. */
interface KernelThread {
  readonly comm: string;
  /** TASK_IDLE: its sleep is no load (`I` in ps). */
  readonly isIdle?: boolean;
  readonly nice?: number;
  readonly isFifo?: boolean;
  /** The only CPU that it runs on. */
  readonly cpu?: number;
}

/** Those that a machine with `cpus` CPUs has after booting, in the order of their numbers. */
function kernelThreads(cpus: number): readonly KernelThread[] {
  const rescuer = (name: string) => ({ comm: `kworker/R-${name}`, isIdle: true, nice: -20 });
  const ofCpu = (cpu: number): readonly KernelThread[] => [
    { comm: `cpuhp/${cpu}`, cpu },
    { comm: `migration/${cpu}`, cpu, isFifo: true },
    { comm: `ksoftirqd/${cpu}`, cpu },
    { comm: `kworker/${cpu}:0-even`, cpu, isIdle: true },
    { comm: `kworker/${cpu}:0H-ev`, cpu, isIdle: true, nice: -20 },
  ];
  return [
    { comm: "pool_workqueue_" },
    ...["rcu_g", "sync_", "slub_", "netns", "mm_pe"].map(rescuer),
    { comm: `kworker/u${cpus * 4}:0-e`, isIdle: true },
    { comm: "rcu_preempt", isIdle: true },
    ...Array.from({ length: cpus }, (_, cpu) => ofCpu(cpu)).flat(),
    { comm: "kdevtmpfs" },
    { comm: "kauditd" },
    { comm: "khungtaskd" },
    { comm: "oom_reaper" },
    rescuer("write"),
    { comm: "kcompactd0" },
    { comm: "khugepaged", nice: 19 },
    rescuer("kbloc"),
    { comm: "kswapd0" },
  ];
}

/**
 * Makes kthreadd, process 2, and the usual threads of the kernel, its children: tasks without memory of their own that
 * no signal reaches.
 *
 * @linux init/main.c `rest_init`, kernel/kthread.c `kthreadd` (6.18)
 * @simplified all but ksoftirqd only sleep: what they would do, the kernel does in whose step or interrupt it is needed.
 */
export function startKernelThreads(kernel: Kernel, init: Task): void {
  const swapper = init.realParent;
  const kthreadd = makeThread(kernel, init, swapper, { comm: "kthreadd" });
  for (const thread of kernelThreads(kernel.cpus)) makeThread(kernel, init, kthreadd, thread);
}

function makeThread(kernel: Kernel, init: Task, parent: Task, thread: KernelThread): Task {
  const pid = allocPid(kernel.initPidNs, kernel.pseudoInode()) as Pid;
  const task = new Task(kernel, thread.comm, { run: () => 3, fork: (child) => child.user });
  const swapper = init.realParent;
  task.threadPid = pid;
  task.pid = pid.nr(kernel.initPidNs);
  task.tgid = task.pid;
  task.flags |= PF_KTHREAD;
  task.realParent = parent;
  task.parent = parent;
  parent.children.push(task);
  task.cred = init.cred;
  task.cred.user.processes++;
  task.nsproxy = init.nsproxy;
  task.files = new FilesStruct();
  task.fs = init.fs.copy();
  const ignored = { handler: SIG_IGN, flags: 0, restorer: 0, mask: 0n };
  const actions = Array.from({ length: NSIG }, () => ignored);
  task.sighand = new SighandStruct(actions, new WaitQueueHead());
  // They are in the group and the session of number 0, which nobody can name.
  const zero = swapper.threadPid;
  const rlimits = init.signal.rlim.map((limit) => ({ ...limit }));
  task.signal = new SignalStruct(rlimits, zero, zero, new WaitQueueHead(), new WaitQueueHead());
  task.signal.threads.push(task);
  for (const type of ["pid", "tgid"] as const) pid.attach(type, task);
  for (const type of ["pgid", "sid"] as const) zero.attach(type, task);
  const all = (1n << BigInt(kernel.cpus)) - 1n;
  task.se = new SchedEntity(thread.cpu === undefined ? all : 1n << BigInt(thread.cpu));
  task.cpu = thread.cpu ?? 0;
  task.se.nice = thread.nice ?? 0;
  if (thread.isFifo === true) {
    task.se.policy = SCHED_FIFO;
    task.se.rtPriority = MAX_RT_PRIORITY;
  }
  const state = thread.isIdle === true ? TASK_IDLE : TASK_INTERRUPTIBLE;
  task.state = state;
  if (thread.comm.startsWith("ksoftirqd/")) {
    const cpu = kernel.irq.cpus[task.cpu]!;
    cpu.ksoftirqd = task;
    task.kstack = runKsoftirqd(kernel, cpu, task);
  } else task.kstack = sleepForEver(task, state);
  kernel.tasks.add(task);
  return task;
}

/** Whoever wakes it has nothing for it to do. */
function* sleepForEver(task: Task, state: number): MaySleep<number> {
  for (;;) {
    task.state = state;
    yield;
  }
}
