/** Tasks as programs of BPF see them. */
import type { PtRegs } from "../arch/x86/pt-regs.ts";
import type { CurrentTask, LivingTasks, UserMemory } from "../bpf/current-task.ts";
import { EPERM } from "../include/errno.ts";
import { SI_KERNEL } from "../include/uapi/siginfo.ts";
import { kernelHeap, kmallocCaches } from "../mm/slub.ts";
import { livingFiles } from "./bpf-files.ts";
import { kallsymsShowValue } from "./kallsyms.ts";
import type { Kernel } from "./kernel.ts";
import { pidTask } from "./pid.ts";
import { groupSendSigInfo } from "./signal-permission.ts";
import { isGlobalInit, SEND_SIG_PRIV, type SendInfo } from "./signal-send.ts";
import { kernelRoots, kernelTables } from "./structs/kernel-tables.ts";
import { bootTaskOf } from "./structs/task.ts";
import { PF_EXITING, PF_KTHREAD, type Task } from "./task.ts";
import { NSEC_PER_SEC } from "./time/time64.ts";
import { timekeeperOf } from "./time/timekeeping.ts";

class BpfTask implements CurrentTask {
  readonly #task: Task;

  constructor(task: Task) {
    this.#task = task;
  }

  get pid(): number {
    return this.#task.pid;
  }

  get tgid(): number {
    return this.#task.tgid;
  }

  get uid(): number {
    return this.#task.cred.uid;
  }

  get gid(): number {
    return this.#task.cred.gid;
  }

  get identity(): object {
    return this.#task;
  }

  get comm(): string {
    return this.#task.comm;
  }

  get mm(): UserMemory | undefined {
    return this.#task.mm;
  }

  get userRegs(): PtRegs | undefined {
    const { mm, regs } = this.#task;
    return mm === undefined || regs.ip === 0 ? undefined : regs;
  }

  get syscall(): number | undefined {
    const { origAx } = this.#task.regs;
    return origAx < 0 ? undefined : origAx;
  }

  /** @linux kernel/trace/bpf_trace.c `bpf_send_signal_common` (6.18) */
  sendSignal(signo: number, isForThread: boolean, value: number): number {
    const task = this.#task;
    if ((task.flags & (PF_KTHREAD | PF_EXITING)) !== 0 || isGlobalInit(task)) return -EPERM;
    const info: SendInfo =
      value === 0 ? SEND_SIG_PRIV : { signo, errno: 0, code: SI_KERNEL, pid: 0, uid: 0, value };
    return groupSendSigInfo(signo, info, task, isForThread ? "thread" : "process");
  }
}

export function bpfTaskOf(task: Task): CurrentTask {
  return new BpfTask(task);
}

/** @linux include/linux/sched/signal.h `for_each_process_thread` (6.18) */
export function livingTasks(kernel: Kernel): LivingTasks {
  return {
    *threads() {
      for (const task of kernel.tasks) {
        if (task.groupLeader !== task) continue;
        for (const thread of task.signal.threads) yield bpfTaskOf(thread);
      }
    },
    find(pid) {
      const task = pidTask(kernel.initPidNs.pids.get(pid), "pid");
      return task === undefined ? undefined : bpfTaskOf(task);
    },
    taskOf: (identity) => bpfTaskOf(identity as Task),
    openFiles(identity) {
      const task = identity as Task;
      return task.exitState === 0 ? task.files.entries() : [];
    },
    sharesFiles(identity) {
      const { groupLeader, files } = identity as Task;
      return groupLeader !== identity && groupLeader.files === files;
    },
    showsAddresses: (identity) => kallsymsShowValue(kernel, (identity as Task).cred),
    get showsProgramSymbols() {
      return kernel.sysctl.bpfJitKallsyms === 1;
    },
    bootTask() {
      const boot = bootTaskOf(kernel);
      return boot && bpfTaskOf(boot);
    },
    tables: kernelTables(kernel),
    roots: () => kernelRoots(kernel),
    files: livingFiles,
    kmemCaches: kmallocCaches(),
    kmemCacheOf: (address) => kernelHeap(kernel).objectAt(address)?.cache,
    get bootTai() {
      return kernel.wallClockBootNs + timekeeperOf(kernel).taiOffset * NSEC_PER_SEC;
    },
  };
}
