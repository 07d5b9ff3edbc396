import { EFAULT, EINVAL, ENOMEM, EOPNOTSUPP, EPERM } from "../../include/errno.ts";
import { RLIMIT_STACK } from "../../include/uapi/resource.ts";
import type { Task } from "../../kernel/task.ts";
import { insertAnonymous } from "../../mm/mmap-region.ts";
import { readShadowStack, writeShadowStack } from "../../mm/shadow-stack.ts";
import { putUser64 } from "../../mm/uaccess.ts";
import { getUnmappedArea } from "../../mm/unmapped-area.ts";
import { VM_READ, VM_SHADOW_STACK } from "../../mm/vma.ts";

const ARCH_SHSTK_ENABLE = 0x5001;
const ARCH_SHSTK_DISABLE = 0x5002;
const ARCH_SHSTK_LOCK = 0x5003;
const ARCH_SHSTK_STATUS = 0x5005;
const ARCH_SHSTK_SHSTK = 1;
const ARCH_SHSTK_WRSS = 2;

/** Half of the room that 32-bit programs have; a stack that may grow for ever has no shadow as long. */
const SHADOW_STACK_BYTES_MAX = 1 << 28;
const WORD_BYTES = 4;
const TOKEN_BYTES = 8;
/** In a token's upper word: data of a signal frame, no place to jump to. */
const SIGFRAME_MARK = 0x80000000;

/** Whether `option` is one of arch_prctl's that are about shadow stacks. */
export function isShstkOption(option: number): boolean {
  return option >= ARCH_SHSTK_ENABLE && option <= ARCH_SHSTK_STATUS;
}

/**
 * arch_prctl's part for shadow stacks.
 *
 * @linux arch/x86/kernel/shstk.c `shstk_prctl` (6.18)
 * @spec Documentation/arch/x86/shstk.rst
 * @simplified Linux has them for 64-bit programs only and answers EOPNOTSUPP to others; here it is the 32-bit ones, whose
 * machine code this machine can run. Words are of 4 bytes. No WRSS: EOPNOTSUPP, as on a processor without it.
 */
export function shstkPrctl(task: Task, option: number, features: number): number {
  const { user } = task;
  if (user.setShadowStack === undefined) return -EOPNOTSUPP;
  if (option === ARCH_SHSTK_STATUS) return putUser64(task, features, task.shstkFeatures);
  if (option === ARCH_SHSTK_LOCK) {
    task.shstkLocked |= features;
    return 0;
  }
  // To unlock is a debugger's business, by ptrace.
  if (option !== ARCH_SHSTK_ENABLE && option !== ARCH_SHSTK_DISABLE) return -EINVAL;
  if ((features & task.shstkLocked) !== 0) return -EPERM;
  if ((features & (features - 1)) !== 0) return -EINVAL;
  if (features === ARCH_SHSTK_WRSS) return -EOPNOTSUPP;
  if (features !== ARCH_SHSTK_SHSTK) return -EINVAL;
  return option === ARCH_SHSTK_ENABLE ? shstkSetup(task) : shstkDisable(task);
}

/** Gives the task an empty shadow stack. @linux arch/x86/kernel/shstk.c `shstk_setup` (6.18) */
export function shstkSetup(task: Task): number {
  if ((task.shstkFeatures & ARCH_SHSTK_SHSTK) !== 0) return 0;
  const top = allocShadowStack(task);
  if (top < 0) return top;
  task.user.setShadowStack?.(top);
  task.shstkFeatures |= ARCH_SHSTK_SHSTK;
  return 0;
}

function shstkDisable(task: Task): number {
  if ((task.shstkFeatures & ARCH_SHSTK_SHSTK) === 0) return 0;
  task.user.setShadowStack?.(0);
  task.shstkFeatures &= ~ARCH_SHSTK_SHSTK;
  return 0;
}

/** A new thread with a stack of its own gets a shadow of its own. @linux `shstk_alloc_thread_stack` (6.18) */
export function shstkAllocThreadStack(child: Task): void {
  if ((child.shstkFeatures & ARCH_SHSTK_SHSTK) === 0) return;
  const top = allocShadowStack(child);
  if (top > 0) child.user.setShadowStack?.(top);
}

/**
 * A signal handler returns to its restorer, and what the signal has interrupted gets its own shadow stack back.
 *
 * @linux arch/x86/kernel/shstk.c `setup_signal_shadow_stack`, `shstk_push_sigframe` (6.18)
 */
export function setupSignalShadowStack(task: Task, restorer: number): number {
  const { mm, user } = task;
  const ssp = user.shadowStack?.() ?? 0;
  if (ssp === 0 || mm === undefined) return 0;
  const token = Math.floor(ssp / TOKEN_BYTES) * TOKEN_BYTES - TOKEN_BYTES;
  const frame = new DataView(new ArrayBuffer(WORD_BYTES + TOKEN_BYTES));
  frame.setUint32(0, restorer, true);
  frame.setUint32(WORD_BYTES, ssp, true);
  frame.setUint32(WORD_BYTES + 4, SIGFRAME_MARK, true);
  const at = token - WORD_BYTES;
  if (!writeShadowStack(mm, at, new Uint8Array(frame.buffer))) return -EFAULT;
  user.setShadowStack?.(at);
  return 0;
}

/** @linux arch/x86/kernel/shstk.c `restore_signal_shadow_stack`, `shstk_pop_sigframe` (6.18) */
export function restoreSignalShadowStack(task: Task): number {
  const { mm, user } = task;
  const ssp = user.shadowStack?.() ?? 0;
  if (ssp === 0 || mm === undefined) return 0;
  const bytes = ssp % TOKEN_BYTES === 0 ? readShadowStack(mm, ssp, TOKEN_BYTES) : undefined;
  if (bytes === undefined) return -EFAULT;
  const view = new DataView(bytes.buffer);
  if (view.getUint32(4, true) !== SIGFRAME_MARK) return -EINVAL;
  const before = view.getUint32(0, true);
  if (before % WORD_BYTES !== 0) return -EINVAL;
  user.setShadowStack?.(before);
  return 0;
}

/** Answers the end of a fresh one, or -ENOMEM. @linux arch/x86/kernel/shstk.c `alloc_shstk` (6.18) */
function allocShadowStack({ mm, signal }: Task): number {
  if (mm === undefined) return -ENOMEM;
  const limit = signal.rlim[RLIMIT_STACK]?.cur ?? SHADOW_STACK_BYTES_MAX;
  const bytes = Math.ceil(Math.min(limit, SHADOW_STACK_BYTES_MAX) / 4096) * 4096;
  const start = getUnmappedArea(mm, 0, bytes, 0);
  if (start < 0) return -ENOMEM;
  insertAnonymous(mm, start, bytes, VM_READ | VM_SHADOW_STACK);
  return start + bytes;
}
