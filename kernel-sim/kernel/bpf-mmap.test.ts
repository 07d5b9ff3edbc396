import { expect, test } from "vitest";
import { BpfKernel } from "../bpf/kernel.ts";
import { RingbufMap } from "../bpf/maps/ringbuf.ts";
import { encode } from "../bpf/program-text.ts";
import { bpfDoor } from "../bpf/sys/door.ts";
import { pollSyscalls } from "../fs/poll-syscalls.ts";
import { TestCaller } from "../fs/test-calls.ts";
import { Clock } from "../hw/clock.ts";
import { E2BIG, EACCES, EBUSY, EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { bpf, type Insn } from "../index.ts";
import { sha256 } from "../lib/sha256.ts";
import { mmSyscalls } from "../mm/syscalls.ts";
import { TraceRing } from "../trace/ring.ts";
import { bpfObjectOfFd, bpfSyscalls } from "./bpf.ts";

const [MAP_CREATE, PROG_LOAD, PROG_TEST_RUN] = [0, 5, 10];
const MAP_LOOKUP_ELEM = 1;
const MAP_UPDATE_ELEM = 2;
const GET_INFO = 15;
const MAP_FREEZE = 22;
const [ARRAY, RINGBUF, USER_RINGBUF, ARENA] = [2, 27, 31, 33];
const [POLLIN, POLLOUT] = [1, 4];
const PROG_TYPE_SYSCALL = 31;
const BPF_F_SLEEPABLE = 1 << 4;
const [BPF_F_MMAPABLE, BPF_F_SEGV_ON_FAULT] = [1 << 10, 1 << 17];
const [READ, WRITE, EXEC] = [1, 2, 4];
const [SHARED, PRIVATE, FIXED] = [1, 2, 16];
const PAGES = 16;
const BYTES = PAGES * 4096;
const START = 0x1000_0000_0000;

class MapTask extends TestCaller {
  readonly #kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());

  constructor() {
    super({ ...bpfSyscalls, ...mmSyscalls, ...pollSyscalls });
    this.task.kernel.hooks.bpf = bpfDoor(() => this.#kernel);
  }

  bpf(command: number, words: Readonly<Record<number, number>>): number {
    const block = new DataView(new ArrayBuffer(168));
    for (const [at, word] of Object.entries(words)) block.setUint32(Number(at), word, true);
    return this.call("bpf", command, this.at(5, new Uint8Array(block.buffer)), 168);
  }

  arena(flags = 0): number {
    return this.bpf(MAP_CREATE, { 0: ARENA, 12: PAGES, 16: BPF_F_MMAPABLE | flags });
  }

  mmap(
    fd: number,
    change: Partial<Record<"at" | "bytes" | "prot" | "flags" | "off", number>> = {},
  ) {
    const { at = START, bytes = BYTES, prot = READ | WRITE, flags = SHARED, off = 0 } = change;
    return this.call("mmap", at, bytes, prot, flags, fd, off);
  }

  write(address: number, text: string): number {
    return this.task.mm!.copyToUser(address, new TextEncoder().encode(text));
  }

  read(address: number, length: number): string {
    const bytes = new Uint8Array(length);
    this.task.mm!.copyFromUser(address, bytes);
    return new TextDecoder().decode(bytes);
  }

  array(values: number): number {
    return this.bpf(MAP_CREATE, { 0: ARRAY, 4: 4, 8: 8, 12: values, 16: BPF_F_MMAPABLE });
  }

  ring(type: number, size = 4096): number {
    return this.bpf(MAP_CREATE, { 0: type, 12: size });
  }

  number(address: number): number {
    const bytes = new Uint8Array(8);
    this.task.mm!.copyFromUser(address, bytes);
    return Number(new DataView(bytes.buffer).getBigUint64(0, true));
  }

  setNumber(address: number, value: number): number {
    return this.task.mm!.copyToUser(address, new Uint8Array(Uint32Array.of(value, 0).buffer));
  }

  /** What poll(2) finds of these events. */
  poll(fd: number, events: number): number {
    const fds = this.at(6, new Uint8Array(Uint32Array.of(fd, events).buffer));
    expect(this.call("poll", fds, 1, 0)).toBeGreaterThanOrEqual(0);
    return this.bytes(6, 8)[6]!;
  }

  /** Empties a user ring buffer, as a program does. */
  drain(fd: number): void {
    const ring = bpfObjectOfFd(this.task, fd);
    this.#kernel.sharedPages.within(() => {
      for (;;) {
        const found = ring instanceof RingbufMap ? ring.peekUser() : 0;
        if (typeof found === "number") return;
        if (ring instanceof RingbufMap) ring.releaseUser(found.size);
      }
    });
  }

  /** Runs a program that has the map as the only one. */
  run(arena: number, source: string, times = 1): number {
    const isMap = ({ code, srcReg }: Insn) => code === 0x18 && srcReg === 1;
    const { insns } = bpf.asm(source);
    const code = encode(insns.map((insn) => (isMap(insn) ? { ...insn, imm: arena } : insn)));
    const prog = this.bpf(PROG_LOAD, {
      ...{ 0: PROG_TYPE_SYSCALL, 4: code.length / 8, 8: this.at(3, code) },
      ...{ 16: this.at(4, "GPL"), 44: BPF_F_SLEEPABLE },
    });
    expect(prog).toBeGreaterThan(0);
    const runs = Array.from({ length: times }, () => this.bpf(PROG_TEST_RUN, { 0: prog }));
    return Math.min(...runs);
  }
}

// Each answer as Linux 6.18 gave it.
test("all who map an arena have the whole of it at one place", () => {
  const task = new MapTask();
  const arena = task.arena();
  expect(task.mmap(arena, { flags: PRIVATE })).toBe(-EINVAL);
  expect(task.mmap(arena, { off: 4096 })).toBe(-EINVAL);
  expect(task.mmap(arena, { prot: READ | EXEC })).toBe(-EPERM);
  expect(task.mmap(arena)).toBe(START);
  expect(task.mmap(arena, { at: 0 })).toBe(-EINVAL);
  expect(task.mmap(arena)).toBe(-EBUSY);
  expect(task.mmap(arena, { flags: SHARED | FIXED })).toBe(START);
  expect(task.mmap(arena, { bytes: 4096 })).toBe(-EINVAL);
  expect(task.mmap(arena, { bytes: BYTES + 4096 })).toBe(-E2BIG);
  expect(task.call("munmap", START + 4096, 4096)).toBe(-EINVAL);
  expect(task.call("mprotect", START, 4096, READ)).toBe(-EINVAL);
  expect(task.call("mremap", START, 4096, 8192, 1)).toBe(-EFAULT);
  expect(task.call("munmap", START, BYTES)).toBe(0);
  expect(task.mmap(arena, { prot: READ })).toBe(START);
  expect(task.call("mprotect", START, BYTES, READ | WRITE)).toBe(-EACCES);
  // The upper half of the addresses is one.
  const other = task.mmap(task.arena(), { at: 0xffff_f000, flags: SHARED | FIXED });
  expect(other).toBe(0x1_0000_0000);
  expect(task.mmap(task.arena(), { bytes: 2 ** 32 + 4096 })).toBe(-E2BIG);
});

test("a task and programs write into the same pages, which come with a fault and go for both", () => {
  const task = new MapTask();
  const arena = task.arena();
  expect(task.mmap(arena)).toBe(START);
  expect(task.write(START + 4096, "task")).toBe(4);
  const increment = `
    r1 = map[arena]
    r2 = 4096
    r2 = addr_space_cast(r2, 0, 1)
    r3 = *(u8 *)(r2 +0)
    r3 += 1
    *(u8 *)(r2 +0) = r3
    r0 = 0
    exit`;
  expect(task.run(arena, increment)).toBe(0);
  expect(task.read(START + 4096, 4)).toBe("uask");
  expect(task.write(START + 4097, "ri")).toBe(2);
  expect(task.run(arena, increment)).toBe(0);
  expect(task.read(START + 4096, 4)).toBe("vrik");
  const free = `
    r1 = map[arena]
    r2 = 4096
    r3 = 1
    call bpf_arena_free_pages
    r0 = 0
    exit`;
  expect(task.run(arena, free)).toBe(0);
  // Another page has come.
  expect(task.read(START + 4096, 4)).toBe("\0\0\0\0");
});

test("an arena may refuse pages that no program has asked for", () => {
  const task = new MapTask();
  const arena = task.arena(BPF_F_SEGV_ON_FAULT);
  expect(task.mmap(arena)).toBe(START);
  expect(task.write(START, "x")).toBe(0);
  const alloc = `
    r1 = map[arena]
    r2 = 0
    r3 = 1
    r4 = -1
    r5 = 0
    call bpf_arena_alloc_pages
    r0 = 0
    exit`;
  expect(task.run(arena, alloc)).toBe(0);
  expect(task.write(START, "x")).toBe(1);
});

// Each answer as Linux 6.18 gave it.
test("an array is in the memory of tasks, of programs and of system calls", () => {
  const task = new MapTask();
  const array = task.array(1000);
  const place = task.mmap(array, { at: 0, bytes: 8192 });
  const other = task.mmap(array, { at: 0, bytes: 4096, prot: READ, off: 4096 });
  expect(task.setNumber(place + 8 * 600, 41)).toBe(8);
  const increment = `
    *(u32 *)(r10 -4) = 600
    r2 = r10
    r2 += -4
    r1 = map[array]
    call bpf_map_lookup_elem
    if r0 == 0 goto end
    r1 = *(u64 *)(r0 +0)
    r1 += 1
    *(u64 *)(r0 +0) = r1
    end: r0 = 0
    exit`;
  expect(task.run(array, increment)).toBe(0);
  expect([task.number(place + 8 * 600), task.number(other + 8 * 600 - 4096)]).toEqual([42, 42]);
  const element = { 0: array, 8: task.at(7, Uint8Array.of(88, 2, 0, 0)), 16: task.at(8, "") };
  expect(task.setNumber(place + 8 * 600, 7)).toBe(8);
  expect(task.bpf(MAP_LOOKUP_ELEM, element)).toBe(0);
  expect(task.bytes(8, 1)).toEqual(Uint8Array.of(7));
  task.at(8, Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0));
  expect(task.bpf(MAP_UPDATE_ELEM, element)).toBe(0);
  expect(task.number(other + 8 * 600 - 4096)).toBe(9);
  // Nobody may write any more, but half of what could is still there.
  expect(task.call("munmap", place, 4096)).toBe(0);
  expect(task.bpf(MAP_FREEZE, { 0: array })).toBe(-EBUSY);
  expect(task.call("mprotect", place + 4096, 4096, READ)).toBe(0);
  expect(task.bpf(MAP_FREEZE, { 0: array })).toBe(-EBUSY);
  expect(task.setNumber(other, 1)).toBe(0);
  expect(task.call("mremap", place + 4096, 4096, 8192, 1)).toBe(-EFAULT);
  expect(task.call("munmap", place + 4096, 4096)).toBe(0);
  expect(task.bpf(MAP_FREEZE, { 0: array })).toBe(0);
  // What it holds for good is what the task has written.
  const held = new DataView(new ArrayBuffer(8000));
  held.setUint32(8 * 600, 9, true);
  const info = new DataView(new ArrayBuffer(104));
  info.setUint32(88, task.at(8, new Uint8Array(32)), true);
  info.setUint32(96, 32, true);
  const room = task.at(7, new Uint8Array(info.buffer));
  expect(task.bpf(GET_INFO, { 0: array, 4: 104, 8: room })).toBe(0);
  expect(task.bytes(8, 32)).toEqual(sha256(new Uint8Array(held.buffer)));
  // It lives as long as it is mapped, and what was written stays.
  expect(task.number(other + 8 * 600 - 4096)).toBe(9);
  expect(task.mmap(array, { at: 0, bytes: 4096 })).toBe(-EPERM);
});

test("a task reads a ring buffer without a system call, and poll(2) tells of records", () => {
  const task = new MapTask();
  const ring = task.ring(RINGBUF);
  const consumer = task.mmap(ring, { at: 0, bytes: 4096 });
  const rest = task.mmap(ring, { at: 0, bytes: 3 * 4096, prot: READ, off: 4096 });
  const output = `
    *(u64 *)(r10 -8) = 77
    r1 = map[ring]
    r2 = r10
    r2 += -8
    r3 = 8
    r4 = 0
    call bpf_ringbuf_output
    exit`;
  expect(task.poll(ring, POLLIN)).toBe(0);
  expect(task.run(ring, output)).toBe(0);
  expect(task.poll(ring, POLLIN | POLLOUT)).toBe(POLLIN);
  expect(task.number(rest)).toBe(16);
  const data = rest + 4096;
  // A header with the length and the page, then the record; and once more behind the first place.
  expect([0, 8, 4096, 4104].map((at) => task.number(data + at) % 2 ** 32)).toEqual([8, 77, 8, 77]);
  expect(task.setNumber(consumer, 16)).toBe(8);
  expect(task.poll(ring, POLLIN)).toBe(0);
  expect(task.run(ring, output, 300)).toBe(0);
  // It is full until the task has moved on.
  expect(task.number(rest)).toBe(16 * 256);
  expect(task.setNumber(consumer, 16 * 256)).toBe(8);
  expect(task.run(ring, output)).toBe(0);
  expect(task.number(rest)).toBe(16 * 257);
});

test("a task fills a user ring buffer, and poll(2) tells of room", () => {
  const task = new MapTask();
  const ring = task.ring(USER_RINGBUF);
  const consumer = task.mmap(ring, { at: 0, bytes: 4096, prot: READ });
  const producer = task.mmap(ring, { at: 0, bytes: 3 * 4096, off: 4096 });
  for (let i = 0; i < 256; i++) task.setNumber(producer + 4096 + 16 * i, 8);
  task.setNumber(producer, 4096);
  expect(task.poll(ring, POLLOUT)).toBe(0);
  task.drain(ring);
  expect(task.number(consumer)).toBe(4096);
  expect(task.poll(ring, POLLIN | POLLOUT)).toBe(POLLOUT);
  // Of other maps, nobody is told of anything.
  expect(task.poll(task.array(1), POLLIN)).toBe(8);
});
