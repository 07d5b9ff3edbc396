import { EINVAL, EPERM } from "../../include/errno.ts";
import { otherCpus, smpCallFunctionMany } from "../smp.ts";
import type { SyscallTable } from "../syscall.ts";
import type { Task } from "../task.ts";

const CMD_QUERY = 0;
const CMD_GLOBAL = 1 << 0;
const CMD_GLOBAL_EXPEDITED = 1 << 1;
const CMD_REGISTER_GLOBAL_EXPEDITED = 1 << 2;
const CMD_PRIVATE_EXPEDITED = 1 << 3;
const CMD_REGISTER_PRIVATE_EXPEDITED = 1 << 4;
const CMD_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 5;
const CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 1 << 6;
const CMD_PRIVATE_EXPEDITED_RSEQ = 1 << 7;
const CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 1 << 8;
const CMD_GET_REGISTRATIONS = 1 << 9;
const ALL_COMMANDS = 0x3ff;
const CMD_FLAG_CPU = 1;

/**
 * Makes all threads pass a memory barrier. Processors of the machine see each other's writes at once, so
 * only the bookkeeping is left.
 *
 * @linux kernel/sched/membarrier.c (6.18)
 */
export function sysMembarrier(task: Task, cmd: number, flags: number): number {
  const mm = task.mm!;
  const isRseq = cmd === CMD_PRIVATE_EXPEDITED_RSEQ;
  if (flags !== 0 && !(isRseq && flags === CMD_FLAG_CPU)) return -EINVAL;
  const isRegistered = (registration: number) => (mm.membarrierState & registration) !== 0;
  const register = (registration: number) => {
    mm.membarrierState |= registration;
    return 0;
  };
  switch (cmd) {
    case CMD_QUERY:
      return ALL_COMMANDS;
    case CMD_GLOBAL:
    case CMD_GLOBAL_EXPEDITED:
      return 0;
    case CMD_REGISTER_GLOBAL_EXPEDITED:
    case CMD_REGISTER_PRIVATE_EXPEDITED:
    case CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
    case CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
      return register(cmd);
    case CMD_PRIVATE_EXPEDITED:
      if (!isRegistered(CMD_REGISTER_PRIVATE_EXPEDITED)) return -EPERM;
      barrierOnOthers(task);
      return 0;
    case CMD_PRIVATE_EXPEDITED_SYNC_CORE:
      return isRegistered(CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) ? 0 : -EPERM;
    case CMD_PRIVATE_EXPEDITED_RSEQ:
      return isRegistered(CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ) ? 0 : -EPERM;
    case CMD_GET_REGISTRATIONS:
      return mm.membarrierState;
    default:
      return -EINVAL;
  }
}

/** Each CPU that runs a thread of the process is interrupted. @linux kernel/sched/membarrier.c `membarrier_private_expedited` (6.18) */
function barrierOnOthers({ kernel, mm }: Task): void {
  smpCallFunctionMany(
    kernel,
    otherCpus(kernel, (rq) => rq.current?.mm === mm),
    () => {},
  );
}

export const membarrierSyscalls: SyscallTable = { membarrier: sysMembarrier };
