import { expect, test } from "vitest";
import { BpfKernel } from "../bpf/kernel.ts";
import { bpfDoor } from "../bpf/sys/door.ts";
import { fsSyscalls } from "../fs/syscalls.ts";
import { TestCaller } from "../fs/test-calls.ts";
import { Clock } from "../hw/clock.ts";
import { EBADF, EEXIST, EINVAL, ENOENT, ENOTSOCK } from "../include/errno.ts";
import { TraceRing } from "../trace/ring.ts";
import { bpfSyscalls } from "./bpf.ts";
import { pidfdSyscalls } from "./pidfd.ts";

const [MAP_CREATE, LOOKUP, UPDATE, DELETE, BTF_LOAD] = [0, 1, 2, 3, 18];
const [SK_STORAGE, INODE_STORAGE, TASK_STORAGE, CGRP_STORAGE] = [24, 28, 29, 32];
const BPF_F_NO_PREALLOC = 1;
const [BPF_NOEXIST, BPF_EXIST] = [1, 2];

/** Types of which the only one is `int`. */
const INT_TYPES =
  "9feb010018000000000000001000000010000000050000000100000000000001040000002000000100696e7400";

class StorageTask extends TestCaller {
  readonly #btf: number;

  constructor() {
    super({ ...fsSyscalls, ...bpfSyscalls, ...pidfdSyscalls });
    const bpf = new BpfKernel(1, 2, new Clock(), new TraceRing());
    this.task.kernel.hooks.bpf = bpfDoor(() => bpf);
    const types = Uint8Array.from(Buffer.from(INT_TYPES, "hex"));
    this.#btf = this.bpf(BTF_LOAD, { 0: this.at(1, types), 16: types.length });
  }

  bpf(command: number, words: Readonly<Record<number, number>>): number {
    const block = new DataView(new ArrayBuffer(168));
    for (const [at, word] of Object.entries(words)) block.setUint32(Number(at), word, true);
    return this.call("bpf", command, this.at(5, new Uint8Array(block.buffer)), 168);
  }

  storage(type: number): number {
    const sizes = { 0: type, 4: 4, 8: 4, 16: BPF_F_NO_PREALLOC };
    return this.bpf(MAP_CREATE, { ...sizes, 48: this.#btf, 52: 1, 56: 1 });
  }

  element(command: number, map: number, owner: number, flags = 0): number {
    const key = this.at(1, new Uint8Array(Int32Array.of(owner).buffer));
    const value = command === DELETE ? 0 : this.at(2, Uint8Array.of(7, 0, 0, 0));
    return this.bpf(command, { 0: map, 8: key, 16: value, 24: flags });
  }
}

// Each answer as Linux 6.18 gave it.
test("what hangs on a task, a file or a socket is reached by a descriptor of it", () => {
  const task = new StorageTask();
  const file = task.call("openat", -100, task.at(0, "/"), 0, 0);
  const pidfd = task.call("pidfd_open", task.task.pid, 0);
  expect([file >= 0, pidfd >= 0]).toEqual([true, true]);
  for (const [type, owner] of [
    [TASK_STORAGE, pidfd],
    [INODE_STORAGE, file],
  ] as const) {
    const map = task.storage(type);
    const ask = (command: number, flags?: number) => task.element(command, map, owner, flags);
    expect([ask(LOOKUP), ask(DELETE), ask(UPDATE, BPF_EXIST)]).toEqual([-ENOENT, -ENOENT, -ENOENT]);
    expect([ask(UPDATE, 3), ask(UPDATE), ask(LOOKUP)]).toEqual([-EINVAL, 0, 0]);
    expect([ask(UPDATE, BPF_NOEXIST), ask(UPDATE, BPF_EXIST)]).toEqual([-EEXIST, 0]);
    expect([ask(DELETE), ask(LOOKUP)]).toEqual([0, -ENOENT]);
    expect(task.element(LOOKUP, map, 99)).toBe(-EBADF);
  }
});

test("another descriptor of the same file leads to the same value, one of another kind to none", () => {
  const task = new StorageTask();
  const [first, second] = [0, 0].map(() => task.call("openat", -100, task.at(0, "/"), 0, 0));
  const inodes = task.storage(INODE_STORAGE);
  expect(task.element(UPDATE, inodes, first!)).toBe(0);
  expect(task.element(LOOKUP, inodes, second!)).toBe(0);
  expect(task.element(LOOKUP, task.storage(TASK_STORAGE), first!)).toBe(-EBADF);
  expect(task.element(LOOKUP, task.storage(SK_STORAGE), first!)).toBe(-ENOTSOCK);
  expect(task.element(LOOKUP, task.storage(CGRP_STORAGE), first!)).toBe(-EBADF);
});
