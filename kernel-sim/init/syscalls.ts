import { compatSyscall, isSameInBoth } from "../arch/x86/entry/compat-syscalls.ts";
import { syscallNames32 } from "../arch/x86/entry/syscall-table-32.ts";
import { syscallNumbers64 } from "../arch/x86/entry/syscall-table-64.ts";
import { ioprioSyscalls } from "../block/ioprio.ts";
import { randomSyscalls } from "../drivers/char/random.ts";
import { eventfdSyscalls } from "../fs/eventfd.ts";
import { eventpollSyscalls } from "../fs/eventpoll-syscalls.ts";
import { execSyscalls } from "../fs/exec.ts";
import { pipeSyscalls } from "../fs/pipe-create.ts";
import { pollSyscalls } from "../fs/poll-syscalls.ts";
import { selectSyscalls } from "../fs/select.ts";
import { signalfdSyscalls } from "../fs/signalfd.ts";
import { fsSyscalls } from "../fs/syscalls.ts";
import { timerfdSyscalls } from "../fs/timerfd-syscalls.ts";
import { userfaultfdSyscalls } from "../fs/userfaultfd.ts";
import { mqSyscalls } from "../ipc/mqueue.ts";
import { msgSyscalls } from "../ipc/msg.ts";
import { semSyscalls } from "../ipc/sem-syscalls.ts";
import { shmSyscalls } from "../ipc/shm-syscalls.ts";
import { bpfSyscalls } from "../kernel/bpf.ts";
import { cloneSyscalls } from "../kernel/clone-syscalls.ts";
import { credSyscalls } from "../kernel/cred-syscalls.ts";
import { perfSyscalls } from "../kernel/events/core.ts";
import { exitSyscalls } from "../kernel/exit.ts";
import { futexSyscalls } from "../kernel/futex/syscalls.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { killSyscalls } from "../kernel/kill-syscalls.ts";
import { pidfdSyscalls } from "../kernel/pidfd.ts";
import { ptraceSyscalls } from "../kernel/ptrace.ts";
import { membarrierSyscalls } from "../kernel/sched/membarrier.ts";
import { schedSyscalls } from "../kernel/sched/syscalls.ts";
import { signalSyscalls } from "../kernel/signal-syscalls.ts";
import { pgrpSyscalls } from "../kernel/sys-pgrp.ts";
import { sysSyscalls } from "../kernel/sys-syscalls.ts";
import type { SyscallTable } from "../kernel/syscall.ts";
import { timeSyscalls } from "../kernel/time/syscalls.ts";
import { waitSyscalls } from "../kernel/wait-syscalls.ts";
import { mempolicySyscalls } from "../mm/mempolicy.ts";
import { swapSyscalls } from "../mm/swapfile.ts";
import { mmSyscalls } from "../mm/syscalls.ts";
import { socketSyscalls } from "../net/socket-syscalls.ts";
import { landlockSyscalls } from "../security/landlock/syscalls.ts";

/** The calls of all parts of the kernel. */
const TABLES: readonly SyscallTable[] = Object.freeze([
  bpfSyscalls,
  perfSyscalls,
  cloneSyscalls,
  credSyscalls,
  membarrierSyscalls,
  mempolicySyscalls,
  mmSyscalls,
  swapSyscalls,
  mqSyscalls,
  msgSyscalls,
  semSyscalls,
  shmSyscalls,
  userfaultfdSyscalls,
  exitSyscalls,
  execSyscalls,
  futexSyscalls,
  fsSyscalls,
  landlockSyscalls,
  eventfdSyscalls,
  eventpollSyscalls,
  pipeSyscalls,
  pollSyscalls,
  selectSyscalls,
  signalfdSyscalls,
  timerfdSyscalls,
  timeSyscalls,
  killSyscalls,
  pgrpSyscalls,
  pidfdSyscalls,
  ptraceSyscalls,
  signalSyscalls,
  socketSyscalls,
  waitSyscalls,
  ioprioSyscalls,
  schedSyscalls,
  sysSyscalls,
  randomSyscalls,
]);

/** Fills the system call table of `kernel`; what no part offers stays ENOSYS. */
export function initSyscalls(kernel: Kernel): void {
  for (const table of TABLES) {
    for (const [name, fn] of Object.entries(table)) {
      const nr = syscallNumbers64[name]!;
      while (kernel.syscalls.length <= nr) kernel.syscalls.push(undefined);
      kernel.syscalls[nr] = fn;
      kernel.syscallNames.set(name, fn);
    }
  }
  initSyscalls32(kernel);
}

/** The table of 32-bit programs: calls of their own, and those that mean the same to both. */
function initSyscalls32(kernel: Kernel): void {
  for (const name of syscallNames32) {
    const own = name === undefined ? undefined : compatSyscall(name);
    const same =
      name !== undefined && isSameInBoth(name) ? kernel.syscallNames.get(name) : undefined;
    kernel.syscalls32.push(own ?? same);
  }
}
