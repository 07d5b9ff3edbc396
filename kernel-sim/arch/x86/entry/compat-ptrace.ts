import { EFAULT, EIO } from "../../../include/errno.ts";
import {
  PTRACE_GETEVENTMSG,
  PTRACE_GETREGS,
  PTRACE_GETREGSET,
  PTRACE_PEEKDATA,
  PTRACE_PEEKTEXT,
  PTRACE_PEEKUSR,
  PTRACE_POKEDATA,
  PTRACE_POKETEXT,
  PTRACE_POKEUSR,
  PTRACE_SETREGS,
  PTRACE_SETREGSET,
} from "../../../include/uapi/ptrace.ts";
import { doPtrace } from "../../../kernel/ptrace.ts";
import { ptraceRequest } from "../../../kernel/ptrace-request.ts";
import type { SysResult } from "../../../kernel/sleep.ts";
import type { Task } from "../../../kernel/task.ts";
import { writeForced } from "../../../mm/access-vm.ts";
import { copyFromUser, copyToUser, putUser32 } from "../../../mm/uaccess.ts";
import { setUserReg32, setUserRegs32, USER_REGS32_SIZE, userRegs32 } from "../ptrace-32.ts";
import { Scratch, words32 } from "./compat-translate.ts";

/** `sizeof(struct user32)`, and where its debug registers lie. */
const USER32_BYTES = 284;
const USER32_DEBUGREG = 252;

/**
 * ptrace(2) of a 32-bit tracer.
 *
 * @linux arch/x86/kernel/ptrace.c `ia32_arch_ptrace`, kernel/ptrace.c `compat_ptrace_request` (6.18)
 * @simplified DS and ES read as the flat segment, FS and GS as 0; none of them can be set.
 */
export function compatPtrace(
  task: Task,
  request: number,
  pid: number,
  addr: number,
  data: number,
): SysResult {
  return doPtrace(task, request, pid, addr, data, compatPtraceRequest);
}

function compatPtraceRequest(
  task: Task,
  child: Task,
  request: number,
  addr: number,
  data: number,
): number {
  switch (request) {
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA: {
      const word = new Uint8Array(4);
      if ((child.mm?.copyFromUser(addr, word) ?? 0) < 4) return -EIO;
      return copyToUser(task, data, word);
    }
    case PTRACE_POKETEXT:
    case PTRACE_POKEDATA: {
      const word = new Uint8Array(Int32Array.of(data | 0).buffer);
      return child.mm === undefined || writeForced(child.mm, addr, word) < 4 ? -EIO : 0;
    }
    case PTRACE_PEEKUSR: {
      if (isOutside(addr)) return -EIO;
      const word =
        addr < USER_REGS32_SIZE ? userRegs32(child).subarray(addr, addr + 4) : new Uint8Array(4);
      return copyToUser(task, data, word);
    }
    case PTRACE_POKEUSR:
      return pokeUser32(child, addr, data);
    case PTRACE_GETREGS:
      return copyToUser(task, data, userRegs32(child));
    case PTRACE_SETREGS: {
      const bytes = copyFromUser(task, data, USER_REGS32_SIZE);
      return typeof bytes === "number" ? bytes : setUserRegs32(child, bytes);
    }
    case PTRACE_GETEVENTMSG:
      return putUser32(task, data, child.ptraceMessage | 0);
    case PTRACE_GETREGSET:
    case PTRACE_SETREGSET:
      return regset32(task, child, request, addr, data);
    default:
      return ptraceRequest(task, child, request, addr, data);
  }
}

function isOutside(offset: number): boolean {
  return offset % 4 !== 0 || offset > USER32_BYTES;
}

function pokeUser32(child: Task, offset: number, value: number): number {
  if (isOutside(offset)) return -EIO;
  if (offset < USER_REGS32_SIZE) return setUserReg32(child, offset / 4, value);
  // What is between registers and debug registers is only looked like.
  return offset >= USER32_DEBUGREG && value !== 0 ? -EIO : 0;
}

/** With a `struct compat_iovec`. @linux kernel/ptrace.c `compat_ptrace_request` (6.18) */
function regset32(task: Task, child: Task, request: number, type: number, at: number): number {
  const iov = words32(task, at, 2);
  if (iov === undefined) return -EFAULT;
  const scratch = new Scratch(task);
  const wide = scratch.put(iov.map((word) => word >>> 0));
  const result = ptraceRequest(task, child, request, type, wide);
  if (result !== 0) return result;
  const length = words32(task, wide + 8, 1);
  return length === undefined ? -EFAULT : putUser32(task, at + 4, length[0]!);
}
