import type { File } from "../fs/fs.ts";
import {
  PAGE_ACCESSED,
  PAGE_DIRTY,
  PAGE_PRESENT,
  PAGE_RW,
  PAGE_USER,
  type PagingMode,
} from "../hw/page-table.ts";
import { PAGE_SIZE, type PhysFrame } from "../hw/phys-memory.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { otherCpus, smpCallFunctionMany } from "../kernel/smp.ts";
import { dupMmap, exitMmap } from "./dup-mmap.ts";
import { KERNEL_WINDOW, KernelWindow } from "./kernel-window.ts";
import { faultInUser } from "./memory.ts";
import { MmFlags } from "./mm-flags.ts";
import { type Memory, memoryOf } from "./mm-init.ts";
import { RLIMIT_STACK, rlimitOf } from "./mm-limits.ts";
import { mmapBase, TASK_SIZE_32, TASK_SIZE_MAX } from "./mmap-layout.ts";
import { insertAnonymous } from "./mmap-region.ts";
import { PageTables, ptePfn } from "./pgtable.ts";
import { isDataMapping, isExecMapping, isStackMapping, type Vma } from "./vma.ts";

export { PAGE_SIZE, TASK_SIZE_MAX };

/** Pages that the kernel has looked at lately, for copies to and from user memory. */
const LOOKED_UP = 64;
/** Up to so many bytes are copied one by one, which is faster than to make a view on them. */
const FEW_BYTES = 64;
/** The compiler knows what these are: of what another module has it does not. */
const PAGE_BYTES = 4096;
const PAGES_A_BYTE = 1 / PAGE_BYTES;

/** Told that translations of [start, end) hold no longer; the end may be Infinity. */
export type TlbFlush = (start: number, end: number) => void;

/**
 * The address space of a process.
 *
 * @linux include/linux/mm_types.h `struct mm_struct` (6.18)
 */
export class Mm {
  readonly kernel: Kernel;
  readonly memory: Memory;
  readonly tables: PageTables;
  /** By address, without gaps between them meaning anything. */
  readonly vmas: Vma[] = [];
  /** Tasks that use it. */
  users = 1;
  /** Behind the last address of user code, and the place below which mmap looks for room. */
  readonly taskSize: number;
  mmapBase: number;
  /** Room is looked for upwards (an unlimited stack). */
  isLegacyLayout = false;
  startCode = 0;
  endCode = 0;
  startData = 0;
  endData = 0;
  startBrk = 0;
  brk = 0;
  startStack = 0;
  /** The auxiliary vector, as /proc/PID/auxv shows it. */
  savedAuxv: Uint8Array | undefined = undefined;
  argStart = 0;
  argEnd = 0;
  envStart = 0;
  envEnd = 0;
  exeFile: File | undefined = undefined;
  /** What prctl says of it, and who may look into it. */
  mmFlags = new MmFlags();
  /** The page that the kernel gives to every process, 0: none. */
  vdso = 0;
  /** Bytes of the newest mapping that are to be made resident at once. */
  populate = 0;
  /** What new mappings get on top: mlockall(MCL_FUTURE). */
  defFlags = 0;
  /** In pages. */
  totalVm = 0;
  dataVm = 0;
  execVm = 0;
  stackVm = 0;
  lockedVm = 0;
  pinnedVm = 0;
  hiwaterVm = 0;
  hiwaterRss = 0;
  /** Resident pages by kind, and entries that are out on swap. */
  anonPages = 0;
  filePages = 0;
  shmemPages = 0;
  swapEntries = 0;
  /** MEMBARRIER_CMD_REGISTER_… that the process has made. */
  membarrierState = 0;
  /** oom_reaper has taken its pages: who reads them gets SIGBUS. */
  isUnstable = false;
  /** Room for one number on its way from or to user memory. */
  readonly word = new DataView(new ArrayBuffer(8));
  /** What the copies reach beyond the program's memory. */
  readonly window = new KernelWindow();
  readonly #bytes4 = new Uint8Array(this.word.buffer, 0, 4);
  readonly #bytes8 = new Uint8Array(this.word.buffer);
  readonly #halves = new Int32Array(this.word.buffer);
  readonly #flushers = new Set<TlbFlush>();
  readonly #vpns = new Float64Array(LOOKED_UP).fill(NaN);
  readonly #writable = new Uint8Array(LOOKED_UP);
  readonly #frames: (PhysFrame | undefined)[] = [];
  #last: Vma | undefined = undefined;

  constructor(kernel: Kernel, mode: PagingMode = "four-level") {
    this.kernel = kernel;
    this.memory = memoryOf(kernel);
    this.tables = new PageTables(this.memory.allocator, this.memory.zeroPage.pfn, mode);
    this.taskSize = mode === "four-level" ? TASK_SIZE_MAX : TASK_SIZE_32;
    const stackLimit = rlimitOf(kernel, RLIMIT_STACK);
    this.mmapBase = mmapBase(this.taskSize, stackLimit);
    for (let i = 0; i < LOOKED_UP; i++) this.#frames.push(undefined);
  }

  /** Copies the first `n` of `bytes` to user memory at `addr` as the kernel does; answers how many went before a fault. */
  copyToUser(addr: number, bytes: Uint8Array, n = bytes.length): number {
    const vpn = pageNumber(addr);
    const offset = addr - vpn * PAGE_BYTES;
    // Most copies are a few bytes in one page.
    if (!isFew(n) || offset + n > PAGE_BYTES) return this.#copyManyToUser(addr, bytes, n);
    const frame = this.#frameOf(addr, vpn, true);
    if (frame === undefined) return this.#copyManyToUser(addr, bytes, n);
    const target = frame.bytes;
    for (let i = 0; i < n; i++) target[offset + i] = bytes[i]!;
    return n;
  }

  #copyManyToUser(addr: number, bytes: Uint8Array, n: number): number {
    let done = 0;
    while (done < n) {
      const at = addr + done;
      const frame = this.#frameOf(at, pageNumber(at), true);
      if (frame === undefined) return at < KERNEL_WINDOW ? done : this.#copyToWindow(at, bytes, n);
      const offset = pageOffset(at);
      const step = Math.min(n - done, PAGE_SIZE - offset);
      frame.bytes.set(step === bytes.length ? bytes : bytes.subarray(done, done + step), offset);
      done += step;
    }
    return done;
  }

  /** Zeros `n` bytes of user memory at `addr`; answers how many before a fault. */
  clearUser(addr: number, n: number): number {
    const vpn = pageNumber(addr);
    const offset = addr - vpn * PAGE_BYTES;
    if (!isFew(n) || offset + n > PAGE_BYTES) return this.#clearMany(addr, n);
    const frame = this.#frameOf(addr, vpn, true);
    if (frame === undefined) return 0;
    if (((offset | n) & 3) === 0) {
      const { words } = frame;
      const end = (offset + n) >> 2;
      for (let at = offset >> 2; at < end; at++) words[at] = 0;
    } else {
      const target = frame.bytes;
      for (let i = 0; i < n; i++) target[offset + i] = 0;
    }
    return n;
  }

  #clearMany(addr: number, n: number): number {
    let done = 0;
    while (done < n) {
      const at = addr + done;
      const frame = this.#frameOf(at, pageNumber(at), true);
      if (frame === undefined) return done;
      const offset = pageOffset(at);
      const step = Math.min(n - done, PAGE_SIZE - offset);
      frame.bytes.fill(0, offset, offset + step);
      done += step;
    }
    return done;
  }

  /** Fills `bytes` from user memory at `addr`; answers how many came before a fault. */
  copyFromUser(addr: number, bytes: Uint8Array): number {
    const n = bytes.length;
    const vpn = pageNumber(addr);
    const offset = addr - vpn * PAGE_BYTES;
    if (!isFew(n) || offset + n > PAGE_BYTES) return this.#copyManyFromUser(addr, bytes);
    const frame = this.#frameOf(addr, vpn, false);
    if (frame === undefined) return this.#copyManyFromUser(addr, bytes);
    const source = frame.bytes;
    for (let i = 0; i < n; i++) bytes[i] = source[offset + i]!;
    return n;
  }

  #copyManyFromUser(addr: number, bytes: Uint8Array): number {
    const n = bytes.length;
    let done = 0;
    while (done < n) {
      const at = addr + done;
      const frame = this.#frameOf(at, pageNumber(at), false);
      if (frame === undefined) return at < KERNEL_WINDOW ? done : this.#copyFromWindow(at, bytes);
      const offset = pageOffset(at);
      const step = Math.min(n - done, PAGE_SIZE - offset);
      bytes.set(frame.bytes.subarray(offset, offset + step), done);
      done += step;
    }
    return done;
  }

  #copyToWindow(addr: number, bytes: Uint8Array, n: number): number {
    const place = this.window.bytesAt(addr, n);
    place.set(bytes.subarray(0, place.length));
    return place.length;
  }

  #copyFromWindow(addr: number, bytes: Uint8Array): number {
    const place = this.window.bytesAt(addr, bytes.length);
    bytes.set(place);
    return place.length;
  }

  /** `word` from user memory, its first `n` bytes (4 or 8); false at a fault. */
  loadWord(addr: number, n: 4 | 8): boolean {
    const vpn = pageNumber(addr);
    const offset = addr - vpn * PAGE_BYTES;
    if (!isWordAt(offset, n)) return this.copyFromUser(addr, this.#bytesOfWord(n)) === n;
    const frame = this.#frameOf(addr, vpn, false);
    if (frame === undefined) return this.#copyManyFromUser(addr, this.#bytesOfWord(n)) === n;
    const { words } = frame;
    const at = offset >> 2;
    this.#halves[0] = words[at]!;
    if (n === 8) this.#halves[1] = words[at + 1]!;
    return true;
  }

  /** `word` to user memory. */
  storeWord(addr: number, n: 4 | 8): boolean {
    const vpn = pageNumber(addr);
    const offset = addr - vpn * PAGE_BYTES;
    if (!isWordAt(offset, n)) return this.copyToUser(addr, this.#bytesOfWord(n)) === n;
    const frame = this.#frameOf(addr, vpn, true);
    if (frame === undefined) return this.#copyManyToUser(addr, this.#bytesOfWord(n), n) === n;
    const { words } = frame;
    const at = offset >> 2;
    words[at] = this.#halves[0]!;
    if (n === 8) words[at + 1] = this.#halves[1]!;
    return true;
  }

  #bytesOfWord(n: 4 | 8): Uint8Array {
    return n === 4 ? this.#bytes4 : this.#bytes8;
  }

  /** The mapping that holds `addr`. @linux include/linux/mm.h `vma_lookup` */
  findVma(addr: number): Vma | undefined {
    const vma = this.findVmaFrom(addr);
    return vma !== undefined && vma.start <= addr ? vma : undefined;
  }

  /** The first mapping that ends behind `addr`. @linux mm/mmap.c `find_vma` */
  findVmaFrom(addr: number): Vma | undefined {
    const last = this.#last;
    if (last !== undefined && last.start <= addr && addr < last.end) return last;
    const vma = this.vmas[this.indexFrom(addr)];
    this.#last = vma;
    return vma;
  }

  /** Index of the first mapping that ends behind `addr`, or their number. */
  indexFrom(addr: number): number {
    let low = 0;
    let high = this.vmas.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.vmas[middle]!.end > addr) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  nextVma(vma: Vma): Vma | undefined {
    return this.vmas[this.indexFrom(vma.start) + 1];
  }

  prevVma(vma: Vma): Vma | undefined {
    return this.vmas[this.indexFrom(vma.start) - 1];
  }

  /** The mappings that overlap [start, end). */
  vmasIn(start: number, end: number): Vma[] {
    const found: Vma[] = [];
    for (let i = this.indexFrom(start); i < this.vmas.length; i++) {
      const vma = this.vmas[i]!;
      if (vma.start >= end) break;
      found.push(vma);
    }
    return found;
  }

  /** A mapping comes into its place; there must be room. */
  link(vma: Vma): void {
    this.vmas.splice(this.indexFrom(vma.start), 0, vma);
  }

  unlink(vma: Vma): void {
    this.vmas.splice(this.vmas.indexOf(vma), 1);
    if (this.#last === vma) this.#last = undefined;
  }

  /** The ends of mappings have moved. */
  forgetLast(): void {
    this.#last = undefined;
  }

  /** Maps anonymous memory at a fixed, free place: what execve needs. */
  mapAnonymous(start: number, len: number, flags: number): void {
    insertAnonymous(this, start, len, flags);
  }

  /** A copy for fork, or -ENOMEM. */
  fork(): Mm | number {
    const copy = new Mm(this.kernel, this.tables.mode);
    const result = dupMmap(copy, this);
    if (result === 0) return copy;
    copy.exit();
    return result;
  }

  /** The last task that uses it has gone. */
  exit(): void {
    exitMmap(this);
  }

  /** Counts `pages` more (or fewer) of a mapping with these flags. @linux mm/mmap.c `vm_stat_account` */
  statAccount(flags: number, pages: number): void {
    this.totalVm += pages;
    if (isExecMapping(flags)) this.execVm += pages;
    else if (isStackMapping(flags)) this.stackVm += pages;
    else if (isDataMapping(flags)) this.dataVm += pages;
  }

  /** Resident pages. @linux include/linux/mm.h `get_mm_rss` */
  get rss(): number {
    return this.anonPages + this.filePages + this.shmemPages;
  }

  /** Before pages or mappings go: their highest number is kept. */
  updateHiwater(): void {
    this.hiwaterRss = Math.max(this.hiwaterRss, this.rss);
    this.hiwaterVm = Math.max(this.hiwaterVm, this.totalVm);
  }

  /** The frame of the topmost page table, for CR3. */
  get rootPfn(): number {
    return this.tables.rootPfn;
  }

  /** Who keeps translations of this address space asks to be told when they are over. */
  onTlbFlush(flush: TlbFlush): void {
    this.#flushers.add(flush);
  }

  offTlbFlush(flush: TlbFlush): void {
    this.#flushers.delete(flush);
  }

  /** Translations of [start, end) have changed or gone. @linux arch/x86/mm/tlb.c `flush_tlb_mm_range` */
  flushTlb(start: number, end: number): void {
    if (end - start > LOOKED_UP * PAGE_SIZE) this.#vpns.fill(NaN);
    else {
      for (let at = Math.floor(start / PAGE_SIZE); at * PAGE_SIZE < end; at++) {
        if (this.#vpns[at & (LOOKED_UP - 1)] === at) this.#vpns[at & (LOOKED_UP - 1)] = NaN;
      }
    }
    for (const flush of this.#flushers) flush(start, end);
    if (this.users > 1) this.#shootDown();
  }

  /** Other CPUs that run in this address space have translations, too. @linux arch/x86/mm/tlb.c `flush_tlb_func` (6.18) */
  #shootDown(): void {
    const { kernel } = this;
    const targets = otherCpus(kernel, (rq) => rq.current?.mm === this);
    smpCallFunctionMany(kernel, targets, (rq) => {
      kernel.irq.cpus[rq.cpu]!.tlbIrqs++;
    });
  }

  /** The frame that holds `addr` in page `vpn`, made to be there; undefined where the process may not touch. */
  #frameOf(addr: number, vpn: number, isWrite: boolean): PhysFrame | undefined {
    const slot = vpn & (LOOKED_UP - 1);
    if (this.#vpns[slot] === vpn && (!isWrite || this.#writable[slot] === 1)) {
      return this.#frames[slot];
    }
    return this.#lookUpFrame(addr, vpn, slot, isWrite);
  }

  #lookUpFrame(addr: number, vpn: number, slot: number, isWrite: boolean): PhysFrame | undefined {
    if (addr < 0 || addr >= this.taskSize) return undefined;
    const needed = PAGE_PRESENT | PAGE_USER | (isWrite ? PAGE_RW : 0);
    let low = this.tables.low(addr);
    if ((low & needed) !== needed) {
      if (faultInUser(this, addr, isWrite) !== undefined) return undefined;
      low = this.tables.low(addr);
      if ((low & needed) !== needed) return undefined;
    }
    const noted = low | PAGE_ACCESSED | (isWrite ? PAGE_DIRTY : 0);
    if (noted !== low) this.tables.set(addr, noted, this.tables.high(addr));
    const frame = this.memory.phys.physFrame(ptePfn(low));
    this.#vpns[slot] = vpn;
    this.#frames[slot] = frame;
    // Only what is dirty already may be written without a note of it.
    this.#writable[slot] = isWrite ? 1 : 0;
    return frame;
  }
}

/** Some, but few; a copy of nothing touches no page. */
function isFew(n: number): boolean {
  return n > 0 && n <= FEW_BYTES;
}

/** Whether `n` bytes at `offset` of a page are whole words of it. */
function isWordAt(offset: number, n: number): boolean {
  return (offset & 3) === 0 && offset + n <= PAGE_BYTES;
}

function pageNumber(addr: number): number {
  return Math.floor(addr * PAGES_A_BYTE);
}

/** Where in its page `addr` lies; the remainder of numbers beyond 32 bits costs a call. */
function pageOffset(addr: number): number {
  return addr - pageNumber(addr) * PAGE_BYTES;
}
