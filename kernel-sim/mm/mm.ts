import type { File } from "../fs/fs.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Page } from "./address-space.ts";
import { MmFlags } from "./mm-flags.ts";
import { VM_READ, VM_WRITE, Vma } from "./vma.ts";

export const PAGE_SIZE = 4096;
/** User addresses lie below: one page under 2^47. */
export const TASK_SIZE_MAX = 2 ** 47 - PAGE_SIZE;

/**
 * The address space of a process.
 *
 * @linux include/linux/mm_types.h `struct mm_struct` (6.18)
 */
export class Mm {
  readonly kernel: Kernel;
  readonly vmas: Vma[] = [];
  readonly #pages = new Map<number, Page>();
  /** Tasks that use it. */
  users = 1;
  startBrk = 0;
  brk = 0;
  startStack = 0;
  argStart = 0;
  argEnd = 0;
  envStart = 0;
  envEnd = 0;
  exeFile: File | undefined = undefined;
  /** What prctl says of it, and who may look into it. */
  mmFlags = new MmFlags();
  /** The auxiliary vector as execve has written it. */
  auxv: Uint8Array = new Uint8Array(0);

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Copies `bytes` to user memory at `addr` as the kernel does; answers how many went before a fault. */
  copyToUser(addr: number, bytes: Uint8Array): number {
    return this.#copy(addr, bytes, VM_WRITE);
  }

  /** Fills `bytes` from user memory at `addr`; answers how many came before a fault. */
  copyFromUser(addr: number, bytes: Uint8Array): number {
    return this.#copy(addr, bytes, VM_READ);
  }

  findVma(addr: number): Vma | undefined {
    return this.vmas.find((vma) => addr >= vma.start && addr < vma.end);
  }

  /** Maps anonymous memory at a fixed, free place: what execve needs. */
  mapAnonymous(start: number, len: number, flags: number): void {
    this.vmas.push(new Vma(start, start + len, flags, undefined, 0));
  }

  /** A copy for fork, or a negative errno. */
  fork(): Mm | number {
    const copy = new Mm(this.kernel);
    copy.mmFlags = this.mmFlags.inherited();
    copy.auxv = this.auxv;
    for (const vma of this.vmas) {
      copy.vmas.push(new Vma(vma.start, vma.end, vma.flags, vma.file, vma.pgoff));
    }
    for (const [vpn, page] of this.#pages) {
      const own = new Page();
      own.bytes.set(page.bytes);
      copy.#pages.set(vpn, own);
    }
    return copy;
  }

  /** The last task that uses it has gone. */
  exit(): void {
    this.#pages.clear();
    this.vmas.length = 0;
  }

  #copy(addr: number, bytes: Uint8Array, access: number): number {
    let done = 0;
    while (done < bytes.length) {
      const at = addr + done;
      const vma = this.findVma(at);
      if (vma === undefined || (vma.flags & access) === 0) return done;
      const vpn = Math.floor(at / PAGE_SIZE);
      const offset = at - vpn * PAGE_SIZE;
      const step = Math.min(bytes.length - done, PAGE_SIZE - offset);
      let page = this.#pages.get(vpn);
      if (page === undefined) {
        page = new Page();
        this.#pages.set(vpn, page);
      }
      if (access === VM_WRITE) page.bytes.set(bytes.subarray(done, done + step), offset);
      else bytes.set(page.bytes.subarray(offset, offset + step), done);
      done += step;
    }
    return done;
  }
}
