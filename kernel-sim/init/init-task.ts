import { FilesStruct } from "../fs/file.ts";
import { FsStruct } from "../fs/fs-struct.ts";
import type { MntNamespace } from "../fs/mount.ts";
import { IpcNamespace } from "../ipc/namespace.ts";
import { initCred } from "../kernel/cred.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { allocPid, Pid } from "../kernel/pid.ts";
import { SchedEntity } from "../kernel/sched/entity.ts";
import {
  type Rlimit,
  SIGNAL_UNKILLABLE,
  type Sigaction,
  SighandStruct,
  SignalStruct,
} from "../kernel/signal-struct.ts";
import { Task } from "../kernel/task.ts";
import type { UserContext } from "../kernel/user-context.ts";
import { type UtsFacts, UtsNamespace } from "../kernel/utsname.ts";
import { WaitQueueHead } from "../kernel/wait.ts";
import { NetNamespace } from "../net/namespace.ts";

export const LINUX_RELEASE = "6.18.0";
const LINUX_VERSION = "#1 SMP PREEMPT_DYNAMIC Sun Nov 30 22:42:10 UTC 2025";
const NSIG = 64;

/** `INIT_RLIMITS`, in the order of their numbers; NPROC and SIGPENDING follow from the memory's size. */
function initRlimits(threadsMax: number): Rlimit[] {
  const unlimited: Rlimit = { cur: Infinity, max: Infinity };
  const processes: Rlimit = { cur: threadsMax / 2, max: threadsMax / 2 };
  const mebibytes = (n: number) => n * 1024 * 1024;
  return [
    unlimited,
    unlimited,
    unlimited,
    { cur: mebibytes(8), max: Infinity },
    { cur: 0, max: Infinity },
    unlimited,
    processes,
    { cur: 1024, max: 4096 },
    { cur: mebibytes(8), max: mebibytes(8) },
    unlimited,
    unlimited,
    processes,
    { cur: 819_200, max: 819_200 },
    { cur: 0, max: 0 },
    { cur: 0, max: 0 },
    unlimited,
  ];
}

export interface InitTaskOptions {
  readonly hostName: string;
  /** What uname(2) tells, when it is another kernel's. */
  readonly uts?: UtsFacts;
  readonly mntNs: MntNamespace;
  /** Upper bound of threads, from which RLIMIT_NPROC follows. */
  readonly threadsMax: number;
}

/**
 * Task 1, with everything that the others inherit; made by nobody, so it is its own kind of birth. It is not
 * runnable yet.
 *
 * @linux init/init_task.c, init/main.c `kernel_init` (6.18)
 */
export function makeInitTask(kernel: Kernel, user: UserContext, options: InitTaskOptions): Task {
  const swapper = makeSwapper(kernel, user);
  const pid = allocPid(kernel.initPidNs, kernel.pseudoInode()) as Pid;
  const task = new Task(kernel, "init", user);
  task.threadPid = pid;
  task.pid = pid.nr(kernel.initPidNs);
  task.tgid = task.pid;
  task.realParent = swapper;
  task.parent = swapper;
  swapper.children.push(task);
  task.cred = initCred(kernel);
  task.cred.user.processes++;
  task.nsproxy = {
    uts: new UtsNamespace(
      options.uts ?? {
        nodename: options.hostName,
        release: LINUX_RELEASE,
        version: LINUX_VERSION,
      },
    ),
    ipc: new IpcNamespace(),
    mnt: options.mntNs,
    net: new NetNamespace(),
    pidForChildren: kernel.initPidNs,
  };
  task.files = new FilesStruct();
  const root = { mnt: options.mntNs.root, dentry: options.mntNs.root.root };
  task.fs = new FsStruct(root, root, 0o022);
  task.sighand = new SighandStruct(defaultActions(), new WaitQueueHead());
  task.signal = new SignalStruct(
    initRlimits(options.threadsMax),
    pid,
    pid,
    new WaitQueueHead(),
    new WaitQueueHead(),
  );
  task.signal.flags |= SIGNAL_UNKILLABLE;
  task.signal.isLeader = true;
  task.signal.threads.push(task);
  for (const type of ["pid", "tgid", "pgid", "sid"] as const) pid.attach(type, task);
  task.se = new SchedEntity((1n << BigInt(kernel.cpus)) - 1n);
  kernel.initPidNs.childReaper = task;
  kernel.tasks.add(task);
  return task;
}

/** Task 0: the parent of the first one, seen by nobody. */
function makeSwapper(kernel: Kernel, user: UserContext): Task {
  const swapper = new Task(kernel, "swapper/0", user);
  swapper.threadPid = new Pid([{ ns: kernel.initPidNs, nr: 0 }], 0);
  swapper.realParent = swapper;
  swapper.parent = swapper;
  swapper.cred = initCred(kernel);
  swapper.sighand = new SighandStruct(defaultActions(), new WaitQueueHead());
  swapper.signal = new SignalStruct(
    [],
    swapper.threadPid,
    swapper.threadPid,
    new WaitQueueHead(),
    new WaitQueueHead(),
  );
  return swapper;
}

function defaultActions(): Sigaction[] {
  return Array.from({ length: NSIG }, () => ({ handler: 0, flags: 0, restorer: 0, mask: 0n }));
}
