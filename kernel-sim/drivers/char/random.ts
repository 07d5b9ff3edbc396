import { EFAULT, EINVAL } from "../../include/errno.ts";
import type { SyscallTable } from "../../kernel/syscall.ts";
import type { Task } from "../../kernel/task.ts";

const GRND_NONBLOCK = 1;
const GRND_RANDOM = 2;
const GRND_INSECURE = 4;
const MAX_RW_COUNT = 0x7ffff000;
const CHUNK_BYTES = 256;

/**
 * Fills user memory with random bytes; answers how many came before a fault.
 *
 * @linux drivers/char/random.c `getrandom` (6.18)
 * @spec getrandom(2)
 * @simplified the numbers come from the machine's seed: the same machine gives the same bytes again.
 */
function sysGetrandom(task: Task, at: number, count: number, flags: number): number {
  const wanted = flags >>> 0;
  if ((wanted & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) !== 0) return -EINVAL;
  if ((wanted & (GRND_INSECURE | GRND_RANDOM)) === (GRND_INSECURE | GRND_RANDOM)) return -EINVAL;
  const { mm } = task;
  const total = count < 0 || count > MAX_RW_COUNT ? MAX_RW_COUNT : count;
  if (mm === undefined || at < 0 || at + total > mm.taskSize) return -EFAULT;
  let done = 0;
  while (done < total) {
    const bytes = randomBytes(task, Math.min(CHUNK_BYTES, total - done));
    const copied = mm.copyToUser(at + done, bytes);
    done += copied;
    if (copied < bytes.length) return done === 0 ? -EFAULT : done;
  }
  return done;
}

function randomBytes(task: Task, n: number): Uint8Array {
  const words = new Int32Array(Math.ceil(n / 4));
  for (let i = 0; i < words.length; i++) words[i] = task.kernel.random.nextInt32();
  return new Uint8Array(words.buffer, 0, n);
}

export const randomSyscalls: SyscallTable = {
  getrandom: sysGetrandom,
};
