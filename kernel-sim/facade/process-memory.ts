import { kernelRead } from "../fs/kernel-read.ts";
import { procPidMaps } from "../fs/proc/task-mmu.ts";
import { PAGE_PRESENT } from "../hw/page-table.ts";
import type { Task } from "../kernel/task.ts";
import { byteArray } from "../lib/byte-string.ts";
import type { Mm } from "../mm/mm.ts";
import { ptePfn } from "../mm/pgtable.ts";
import { specialPage } from "../mm/special-mapping.ts";
import { fromUtf8 } from "../user/marshal.ts";

const PAGE_SIZE = 4096;
const BYTES_MAX = 1 << 20;
/** A page that nobody has touched; nobody writes to it. */
const ZEROS = new Uint8Array(PAGE_SIZE);

/** Bytes of a process's memory as they are, without a page being made for them; undefined outside of all mappings. */
export function lookAtMemory({ mm }: Task, address: number, n: number): Uint8Array | undefined {
  if (!Number.isSafeInteger(address) || address < 0) {
    throw new TypeError(`memory(): address is a whole number, not ${String(address)}`);
  }
  if (!Number.isInteger(n) || n < 0 || n > BYTES_MAX) {
    throw new TypeError(`memory(): n is a whole number up to ${BYTES_MAX}, not ${String(n)}`);
  }
  if (mm === undefined) return undefined;
  const bytes = new Uint8Array(n);
  for (let at = 0; at < n; ) {
    const start = address + at;
    const inPage = start % PAGE_SIZE;
    const length = Math.min(PAGE_SIZE - inPage, n - at);
    const page = lookAtPage(mm, start - inPage);
    if (page === undefined) return undefined;
    bytes.set(page.subarray(inPage, inPage + length), at);
    at += length;
  }
  return bytes;
}

function lookAtPage(mm: Mm, start: number): Uint8Array | undefined {
  const vma = mm.findVma(start);
  if (vma === undefined) return undefined;
  const low = mm.tables.low(start);
  if ((low & PAGE_PRESENT) !== 0) return mm.memory.phys.frame(ptePfn(low));
  if (vma.file === undefined && vma.ops === undefined) return ZEROS;
  const page = new Uint8Array(PAGE_SIZE);
  // What the first access would find: the file's bytes, or zeros.
  const special = specialPage(vma, vma.pgoffOf(start));
  if (special !== undefined) page.set(special.bytes);
  else if (vma.file !== undefined) {
    page.set(kernelRead(vma.file, vma.pgoffOf(start) * PAGE_SIZE, PAGE_SIZE));
  }
  return page;
}

/** Its mappings as /proc/PID/maps shows them. */
export function mapsOf(task: Task): string {
  const { mm } = task;
  if (mm === undefined) return "";
  const text = procPidMaps(task.kernel.initPidNs.childReaper ?? task, mm);
  return fromUtf8(byteArray(text));
}
