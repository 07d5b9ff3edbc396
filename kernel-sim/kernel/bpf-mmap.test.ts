import { expect, test } from "vitest";
import { BpfKernel } from "../bpf/kernel.ts";
import { encode } from "../bpf/program-text.ts";
import { bpfDoor } from "../bpf/sys/door.ts";
import { TestCaller } from "../fs/test-calls.ts";
import { Clock } from "../hw/clock.ts";
import { E2BIG, EACCES, EBUSY, EFAULT, EINVAL, EPERM } from "../include/errno.ts";
import { bpf, type Insn } from "../index.ts";
import { mmSyscalls } from "../mm/syscalls.ts";
import { TraceRing } from "../trace/ring.ts";
import { bpfSyscalls } from "./bpf.ts";

const [MAP_CREATE, PROG_LOAD, PROG_TEST_RUN] = [0, 5, 10];
const ARENA = 33;
const PROG_TYPE_SYSCALL = 31;
const BPF_F_SLEEPABLE = 1 << 4;
const [BPF_F_MMAPABLE, BPF_F_SEGV_ON_FAULT] = [1 << 10, 1 << 17];
const [READ, WRITE, EXEC] = [1, 2, 4];
const [SHARED, PRIVATE, FIXED] = [1, 2, 16];
const PAGES = 16;
const BYTES = PAGES * 4096;
const START = 0x1000_0000_0000;

class ArenaTask extends TestCaller {
  constructor() {
    super({ ...bpfSyscalls, ...mmSyscalls });
    const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
    this.task.kernel.hooks.bpf = bpfDoor(() => kernel);
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

  /** Runs a program that has the arena as `arena`. */
  run(arena: number, source: string): number {
    const isMap = ({ code, srcReg }: Insn) => code === 0x18 && srcReg === 1;
    const { insns } = bpf.asm(source);
    const code = encode(insns.map((insn) => (isMap(insn) ? { ...insn, imm: arena } : insn)));
    const prog = this.bpf(PROG_LOAD, {
      ...{ 0: PROG_TYPE_SYSCALL, 4: code.length / 8, 8: this.at(3, code) },
      ...{ 16: this.at(4, "GPL"), 44: BPF_F_SLEEPABLE },
    });
    expect(prog).toBeGreaterThan(0);
    return this.bpf(PROG_TEST_RUN, { 0: prog });
  }
}

// Each answer as Linux 6.18 gave it.
test("all who map an arena have the whole of it at one place", () => {
  const task = new ArenaTask();
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
  const task = new ArenaTask();
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
  const task = new ArenaTask();
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
