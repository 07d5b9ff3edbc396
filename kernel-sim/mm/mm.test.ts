import fc from "fast-check";
import { expect, test } from "vitest";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  MAP_SHARED,
} from "../include/uapi/mman.ts";
import { CAP_FULL_SET, type Cred } from "../kernel/cred.ts";
import { Kernel } from "../kernel/kernel.ts";
import { checkMm } from "./check-mm.ts";
import { Mm } from "./mm.ts";
import { doMmap } from "./mmap.ts";
import { doMprotect } from "./mprotect.ts";
import { doMunmap } from "./munmap.ts";

const PAGE = 4096;
const ANON = MAP_PRIVATE | MAP_ANONYMOUS;
const SHARED = MAP_SHARED | MAP_ANONYMOUS;

function machine(memoryBytes = 2 ** 24) {
  return new Kernel({ seed: 1, cpus: 1, memoryBytes });
}

function rootOf(kernel: Kernel): Cred {
  return {
    ...{ uid: 0, gid: 0, suid: 0, sgid: 0, euid: 0, egid: 0, fsuid: 0, fsgid: 0, securebits: 0 },
    capInheritable: 0n,
    capPermitted: CAP_FULL_SET,
    capEffective: CAP_FULL_SET,
    capBset: CAP_FULL_SET,
    capAmbient: 0n,
    groups: [],
    user: kernel.user(0),
    userNs: { level: 0 },
  };
}

function map(mm: Mm, pages: number, flags = ANON, at = 0, prot = 3): number {
  return doMmap(mm, undefined, at, pages * PAGE, prot, flags, 0);
}

function write(mm: Mm, at: number, value: number): boolean {
  return mm.copyToUser(at, Uint8Array.of(value)) === 1;
}

function read(mm: Mm, at: number): number | undefined {
  const byte = new Uint8Array(1);
  return mm.copyFromUser(at, byte) === 1 ? byte[0] : undefined;
}

test("the first mapping ends where Linux puts it without randomisation", () => {
  expect(map(new Mm(machine()), 1)).toBe(0x7ffff7fff000 - PAGE);
});

test("a second mapping like the first becomes one with it", () => {
  const mm = new Mm(machine());
  map(mm, 2);
  map(mm, 3);
  expect(mm.vmas.map((vma) => vma.pages)).toEqual([5]);
});

test("reading untouched memory costs no frame, writing costs one", () => {
  const kernel = machine();
  const mm = new Mm(kernel);
  const at = map(mm, 2);
  expect(read(mm, at)).toBe(0);
  expect(mm.rss).toBe(0);
  write(mm, at, 7);
  expect(mm.rss).toBe(1);
  expect(checkMm(kernel, [mm])).toEqual([]);
});

test("parent and child share a page until one of them writes", () => {
  const kernel = machine();
  const mm = new Mm(kernel);
  const at = map(mm, 1);
  write(mm, at, 1);
  const free = mm.memory.allocator.freePages;
  const child = mm.fork();
  if (typeof child === "number") throw new Error("no memory");
  // Four page tables, and no page.
  expect(free - mm.memory.allocator.freePages).toBe(4);
  write(child, at, 2);
  expect([read(mm, at), read(child, at)]).toEqual([1, 2]);
  expect(checkMm(kernel, [mm, child])).toEqual([]);
  child.exit();
  mm.exit();
  expect(checkMm(kernel)).toEqual([]);
  expect(mm.memory.committed).toBe(0);
});

test("what is not there any more cannot be read, and its frames come back", () => {
  const kernel = machine();
  const mm = new Mm(kernel);
  const free = mm.memory.allocator.freePages;
  const at = map(mm, 8);
  for (let i = 0; i < 8; i++) write(mm, at + i * PAGE, i);
  expect(doMunmap(mm, at + PAGE, PAGE * 2)).toBe(0);
  expect(read(mm, at + PAGE)).toBeUndefined();
  expect(read(mm, at + 3 * PAGE)).toBe(3);
  expect(mm.vmas.map((vma) => vma.pages)).toEqual([1, 5]);
  doMunmap(mm, at, PAGE * 8);
  expect(mm.memory.allocator.freePages).toBe(free);
});

/** What a sequence of calls does to eight pages, in the plainest words. */
interface Model {
  /** By page: protection and whether shared, undefined where nothing is. */
  readonly pages: ({ prot: number; bytes: { value: number } } | undefined)[];
}

const step = fc.record({
  who: fc.nat(1),
  what: fc.constantFrom("write", "read", "unmap", "map", "share", "protect", "fork", "keep"),
  page: fc.nat(7),
  count: fc.integer({ min: 1, max: 8 }),
  prot: fc.constantFrom(0, 1, 3),
  value: fc.integer({ min: 1, max: 255 }),
});

test("any sequence of calls does what a plain model does, and all counts add up", () => {
  const walk = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const kernel = machine();
    kernel.initPidNs.childReaper = { cred: rootOf(kernel) } as never;
    const first = new Mm(kernel);
    const base = map(first, 8);
    const spaces = [first];
    const models: Model[] = [
      { pages: Array.from({ length: 8 }, () => ({ prot: 3, bytes: { value: 0 } })) },
    ];
    for (const { who, what, page, count, prot, value } of steps) {
      const mm = spaces[who % spaces.length]!;
      const model = models[who % spaces.length]!;
      const at = base + page * PAGE;
      const end = Math.min(8, page + count);
      const range = Array.from({ length: end - page }, (_, i) => page + i);
      const len = (end - page) * PAGE;
      const entry = model.pages[page];
      if (what === "write") {
        const may = entry !== undefined && (entry.prot & 2) !== 0;
        expect(write(mm, at, value)).toBe(may);
        if (may) entry.bytes.value = value;
      } else if (what === "read") {
        const may = entry !== undefined && entry.prot !== 0;
        expect(read(mm, at)).toBe(may ? entry.bytes.value : undefined);
      } else if (what === "unmap") {
        expect(doMunmap(mm, at, len)).toBe(0);
        for (const i of range) model.pages[i] = undefined;
      } else if (what === "map" || what === "share") {
        const flags = (what === "map" ? ANON : SHARED) | MAP_FIXED;
        expect(doMmap(mm, undefined, at, len, prot, flags, 0)).toBe(at);
        for (const i of range) model.pages[i] = { prot, bytes: { value: 0 } };
        if (what === "share") for (const i of range) shared.add(model.pages[i]!.bytes);
      } else if (what === "keep") {
        const isFree = range.every((i) => model.pages[i] === undefined);
        const mapped = doMmap(mm, undefined, at, len, prot, ANON | MAP_FIXED_NOREPLACE, 0);
        expect(mapped === at).toBe(isFree);
        if (isFree) for (const i of range) model.pages[i] = { prot, bytes: { value: 0 } };
      } else if (what === "protect") {
        const hole = range.findIndex((i) => model.pages[i] === undefined);
        expect(doMprotect(mm, at, len, prot) === 0).toBe(hole < 0);
        for (const i of hole < 0 ? range : range.slice(0, hole)) model.pages[i]!.prot = prot;
      } else if (spaces.length === 1) {
        const child = mm.fork();
        if (typeof child === "number") throw new Error("no memory");
        spaces.push(child);
        models.push({ pages: model.pages.map(copyOf) });
      }
      expect(checkMm(kernel, spaces)).toEqual([]);
    }
    for (const mm of spaces) mm.exit();
    expect(checkMm(kernel)).toEqual([]);
    expect(first.memory.committed).toBe(0);
  });
  fc.assert(walk, { numRuns: 200 });
});

const shared = new Set<{ value: number }>();

function copyOf(entry: Model["pages"][number]): Model["pages"][number] {
  if (entry === undefined) return undefined;
  return { prot: entry.prot, bytes: shared.has(entry.bytes) ? entry.bytes : { ...entry.bytes } };
}
