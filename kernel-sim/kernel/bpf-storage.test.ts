import { expect, test } from "vitest";
import { BTF_KIND_FUNC } from "../bpf/btf/kinds.ts";
import { btfVmlinux } from "../bpf/btf/vmlinux.ts";
import { BpfKernel } from "../bpf/kernel.ts";
import { encode } from "../bpf/program-text.ts";
import { bpfDoor } from "../bpf/sys/door.ts";
import { fsSyscalls } from "../fs/syscalls.ts";
import { TestCaller } from "../fs/test-calls.ts";
import { Clock } from "../hw/clock.ts";
import { EBADF, EEXIST, EINVAL, ENOENT, ENOTSOCK } from "../include/errno.ts";
import { bpf, type Insn } from "../index.ts";
import { TraceRing } from "../trace/ring.ts";
import { Tracing } from "../trace/tracing.ts";
import { bpfSyscalls } from "./bpf.ts";
import { bpfTaskOf, livingTasks } from "./bpf-task.ts";
import { pidfdSyscalls } from "./pidfd.ts";

const [MAP_CREATE, LOOKUP, UPDATE, DELETE, BTF_LOAD] = [0, 1, 2, 3, 18];
const [PROG_LOAD, LINK_CREATE] = [5, 28];
const [PROG_TYPE_LSM, LSM_MAC] = [29, 27];
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
    const { kernel } = this.task;
    const tracing = new Tracing();
    const bpf = new BpfKernel(1, 2, new Clock(), new TraceRing(), tracing.attached);
    bpf.living = livingTasks(kernel);
    kernel.hooks.bpf = bpfDoor(() => bpf);
    tracing.listenTo(kernel, () => bpf, { bpfTaskOf, noteCharge: () => {} });
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

test("what a program hangs on a file that is opened is found by its descriptor", () => {
  const task = new StorageTask();
  const map = task.storage(INODE_STORAGE);
  const { insns: named } = bpf.asm(`
    r6 = *(u64 *)(r1 +0)               ; the file
    r2 = *(u64 *)(r6 +32)              ; f_inode
    r1 = map[kept]
    r3 = 0
    r4 = 1                             ; BPF_LOCAL_STORAGE_GET_F_CREATE
    call bpf_inode_storage_get
    if r0 == 0 goto out
    r1 = *(u32 *)(r0 +0)
    r1 += 1
    *(u32 *)(r0 +0) = r1
    if r1 < 3 goto out
    r1 = map[kept]
    r2 = *(u64 *)(r6 +32)
    call bpf_inode_storage_delete
  out:
    r0 = 0
    exit`);
  const isMap = ({ code, srcReg }: Insn) => code === 0x18 && srcReg === 1;
  const code = encode(named.map((insn) => (isMap(insn) ? { ...insn, imm: map } : insn)));
  const [insns, license] = [task.at(3, code), task.at(4, "GPL")];
  const hook = btfVmlinux().findByNameKind("bpf_lsm_file_open", BTF_KIND_FUNC)!.id;
  const prog = task.bpf(PROG_LOAD, {
    ...{ 0: PROG_TYPE_LSM, 4: code.length / 8, 8: insns, 16: license },
    ...{ 68: LSM_MAC, 108: hook },
  });
  expect(prog).toBeGreaterThan(0);
  expect(task.bpf(LINK_CREATE, { 0: prog, 8: LSM_MAC })).toBeGreaterThan(0);
  const open = () => task.call("openat", -100, task.at(0, "/"), 0, 0);
  const count = (fd: number) => {
    const found = task.element(LOOKUP, map, fd);
    return found === 0 ? task.bytes(2, 4)[0] : found;
  };
  expect([count(open()), count(open()), count(open())]).toEqual([1, 2, -ENOENT]);
});
