import type { SyscallTable } from "../kernel/syscall.ts";
import { sysShmat, sysShmdt, sysShmget } from "./shm.ts";
import { sysShmctl } from "./shmctl.ts";

/** Shared memory of System V. */
export const shmSyscalls: SyscallTable = {
  shmget: sysShmget,
  shmat: sysShmat,
  shmdt: sysShmdt,
  shmctl: sysShmctl,
};
