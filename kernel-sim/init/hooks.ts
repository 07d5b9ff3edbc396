import { exitDisassociateCtty } from "../drivers/tty/tty-hangup.ts";
import { initVirtualTerminals } from "../drivers/tty/vt/vt.ts";
import { binfmtMiscType } from "../fs/binfmt_misc-fs.ts";
import { bpfFsType } from "../fs/bpf-fs.ts";
import { initPtys } from "../fs/devpts/inode.ts";
import { pipefifoFops } from "../fs/fifo.ts";
import { registerFilesystem } from "../fs/filesystems.ts";
import { kernelRead } from "../fs/kernel-read.ts";
import { specialFiles } from "../fs/special-inode.ts";
import { FUTEX_BITSET_MATCH_ANY } from "../include/uapi/futex.ts";
import { CLONE_SYSVSEM } from "../include/uapi/sched.ts";
import { mqueueType } from "../ipc/mqueue-inode.ts";
import { copySemundo, exitSem } from "../ipc/sem.ts";
import { hasFlag } from "../kernel/clone-flags.ts";
import { exitFutexes } from "../kernel/futex/robust.ts";
import { futexWake } from "../kernel/futex/waitwake.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runPosixCpuTimers } from "../kernel/time/cpu-timers.ts";
import { signalUnignored } from "../kernel/time/posix-timers.ts";
import { timekeeperOf } from "../kernel/time/timekeeping.ts";
import { userContext } from "../user/user-context.ts";

/** Ties the parts of the kernel to the core. */
export function installHooks(kernel: Kernel): void {
  const { hooks } = kernel;
  hooks.disassociateCtty = exitDisassociateCtty;
  hooks.tick = (task) => {
    timekeeperOf(kernel).vsyscall?.tick();
    runPosixCpuTimers(task);
  };
  hooks.signalUnignored = signalUnignored;
  initPtys(kernel);
  initVirtualTerminals(kernel);
  specialFiles(kernel).fifo = pipefifoFops;
  registerFilesystem(kernel, mqueueType);
  registerFilesystem(kernel, bpfFsType);
  registerFilesystem(kernel, binfmtMiscType);
  hooks.kernelRead = kernelRead;
  hooks.userContext = userContext;
  hooks.futexWake = (task, addr) => {
    futexWake(task, addr, false, 1, FUTEX_BITSET_MATCH_ANY);
  };
  hooks.taskExits.push(exitFutexes, exitSem);
  const { taskForked } = hooks;
  hooks.taskForked = (task, child, args) => {
    taskForked(task, child, args);
    if (hasFlag(args.flags, CLONE_SYSVSEM)) copySemundo(task, child);
  };
}
