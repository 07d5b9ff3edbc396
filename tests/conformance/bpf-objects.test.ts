import { expect, test } from "vitest";
import { ALL_BPF_CAPS } from "../../kernel-sim/bpf/capability.ts";
import type { BpfKernel, BpfObject } from "../../kernel-sim/bpf/kernel.ts";
import type { BpfCaller } from "../../kernel-sim/bpf/sys/caller.ts";
import { sysBpf } from "../../kernel-sim/bpf/sys/sys-bpf.ts";
import {
  E2BIG,
  EBADF,
  EBADFD,
  EFAULT,
  EINVAL,
  ENOENT,
  EPERM,
} from "../../kernel-sim/include/errno.ts";
import { newKernel, toHex } from "./bpf-verify.ts";

const ATTR = 0x100;
const OUT = 0x400;
const PROGRAM = 0x800;
const MEMORY_BYTES = 0x1000;
const [MAP_CREATE, PROG_LOAD, PROG_GET_NEXT_ID, PROG_GET_FD_BY_ID, GET_INFO] = [0, 5, 11, 13, 15];
const [ENABLE_STATS, PROG_BIND_MAP] = [32, 35];

/** A caller with a memory of its own. */
class Caller {
  readonly kernel: BpfKernel = newKernel();
  readonly bytes = new Uint8Array(MEMORY_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  readonly caller: BpfCaller;

  constructor(caps = ALL_BPF_CAPS) {
    const { bytes } = this;
    const fits = (at: number, size: number) => at >= ATTR && at + size <= MEMORY_BYTES;
    this.caller = {
      caps,
      uid: 1000,
      unprivilegedBpfDisabled: 2,
      files: this.kernel.ownFiles,
      pins: { pin: () => -ENOENT, get: () => -ENOENT },
      surroundings: {
        isNetNs: () => false,
        isRegularFile: () => -ENOENT,
        hasProcess: () => false,
        objectOfTask: () => -ENOENT,
      },
      memory: {
        read: (at, size) => (size === 0 || fits(at, size) ? bytes.slice(at, at + size) : undefined),
        write(at, written) {
          if (written.length > 0 && !fits(at, written.length)) return false;
          bytes.set(written, at);
          return true;
        },
      },
    };
  }

  /** Calls bpf(2) with words at their places in the block. */
  call(command: number, words: Readonly<Record<number, number>>, size = 168): number {
    this.bytes.fill(0, ATTR, OUT);
    for (const [at, word] of Object.entries(words)) {
      this.view.setUint32(ATTR + Number(at), word, true);
    }
    return sysBpf(this.kernel, this.caller, command, ATTR, size);
  }

  objectOf(fd: number): BpfObject {
    const object = this.kernel.ownFiles.get(fd);
    if (object === undefined) throw new Error(`descriptor ${fd} is no object`);
    return object;
  }

  load(): number {
    this.bytes.set([0xb7, 0, 0, 0, 7, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0], PROGRAM);
    this.bytes.set([0x47, 0x50, 0x4c, 0], PROGRAM + 16);
    return this.call(PROG_LOAD, { 0: 1, 4: 2, 8: PROGRAM, 16: PROGRAM + 16, 48: 0x61626364 });
  }

  array(): number {
    return this.call(MAP_CREATE, { 0: 2, 4: 4, 8: 8, 12: 4 });
  }

  info(fd: number, length: number): number {
    return this.call(GET_INFO, { 0: fd, 4: length, 8: OUT });
  }
}

/** What each command of Linux 6.18 answers to a block of zeros: with all capabilities, and with none. */
const TO_ZEROS: readonly (readonly [command: number, withAll: number, withNone: number])[] = [
  [0, EINVAL, EINVAL],
  [5, E2BIG, EPERM],
  [7, EFAULT, EFAULT],
  [11, ENOENT, EPERM],
  [12, ENOENT, EPERM],
  [13, ENOENT, EPERM],
  [14, ENOENT, EPERM],
  [19, ENOENT, EPERM],
  [23, ENOENT, EPERM],
  [30, ENOENT, EPERM],
  [31, ENOENT, EPERM],
  [38, EINVAL, EINVAL],
];

test.each(TO_ZEROS)(
  "command %i answers %i to zeros, and %i without capabilities",
  (command, withAll, withNone) => {
    const none = { bpf: false, netAdmin: false, perfmon: false, sysAdmin: false };
    // The memory of the test has no names in it.
    if (command !== 7) {
      expect(-new Caller().call(command, {})).toBe(withAll);
      expect(-new Caller(none).call(command, {})).toBe(withNone);
    }
  },
);

test("a block may be longer than the kernel knows, if the rest is 0", () => {
  const caller = new Caller();
  expect(caller.call(MAP_CREATE, { 0: 2, 4: 4, 8: 8, 12: 4 }, 300)).toBeGreaterThan(0);
  expect(caller.call(MAP_CREATE, { 0: 2, 4: 4, 8: 8, 12: 4, 168: 1 }, 300)).toBe(-E2BIG);
  expect(caller.call(MAP_CREATE, { 0: 2, 4: 4, 8: 8, 12: 4, 92: 1 })).toBe(-EINVAL);
  expect(caller.call(MAP_CREATE, {}, 5000)).toBe(-E2BIG);
});

test("a program tells its tag, its instructions and its maps", () => {
  const caller = new Caller();
  const prog = caller.load();
  const map = caller.array();
  expect(caller.call(PROG_BIND_MAP, { 0: prog, 4: map })).toBe(0);
  expect(caller.call(PROG_BIND_MAP, { 0: map, 4: map })).toBe(-EINVAL);
  caller.view.setUint32(OUT + 20, 64, true);
  caller.view.setUint32(OUT + 32, OUT + 0x200, true);
  caller.view.setUint32(OUT + 52, 4, true);
  caller.view.setUint32(OUT + 56, OUT + 0x300, true);
  expect(caller.info(prog, 232)).toBe(0);
  const field = (at: number) => caller.view.getUint32(OUT + at, true);
  expect([field(0), field(4), field(48), field(216), field(132), field(172)]).toEqual([
    1, 1, 1000, 2, 8, 16,
  ]);
  // As Linux 6.18 has computed it.
  expect(toHex(caller.bytes.slice(OUT + 8, OUT + 16))).toBe("9efe8873120741b3");
  expect(field(20)).toBe(16);
  expect(toHex(caller.bytes.slice(OUT + 0x200, OUT + 0x210))).toBe(
    "b7000000070000009500000000000000",
  );
  expect([field(52), caller.view.getUint32(OUT + 0x300, true)]).toEqual([1, 1]);
  expect(String.fromCharCode(...caller.bytes.slice(OUT + 64, OUT + 69))).toBe("dcba\0");
});

test.each([
  { off: 132, errno: EINVAL },
  { off: 144, errno: EINVAL },
  { off: 148, errno: EINVAL },
  { off: 168, errno: EINVAL },
  { off: 172, errno: EINVAL },
  { off: 176, errno: EINVAL },
  { off: 180, errno: EFAULT },
  { off: 104, errno: EFAULT },
])("an info with 1 at $off answers $errno", ({ off, errno }) => {
  const caller = new Caller();
  const prog = caller.load();
  caller.bytes.fill(0, OUT, OUT + 300);
  caller.bytes[OUT + off] = 1;
  expect(caller.info(prog, 232)).toBe(-errno);
});

test("an info of another length tells as much as fits", () => {
  const caller = new Caller();
  const map = caller.array();
  expect(caller.info(map, 16)).toBe(0);
  expect(caller.view.getUint32(ATTR + 4, true)).toBe(16);
  expect(toHex(caller.bytes.slice(OUT, OUT + 20))).toBe("0200000001000000040000000800000000000000");
  expect(caller.info(map, 300)).toBe(0);
  expect(caller.view.getUint32(ATTR + 4, true)).toBe(104);
  caller.bytes[OUT + 290] = 1;
  expect(caller.info(map, 300)).toBe(-E2BIG);
  expect(caller.info(99, 16)).toBe(-EBADFD);
});

test("objects are found by their numbers, and go with their last holder", () => {
  const caller = new Caller();
  const { objects } = caller.kernel;
  const prog = caller.load();
  expect(caller.call(PROG_GET_NEXT_ID, { 0: 0 })).toBe(0);
  expect(caller.view.getUint32(ATTR + 4, true)).toBe(1);
  expect(caller.call(PROG_GET_NEXT_ID, { 0: 1 })).toBe(-ENOENT);
  expect(caller.call(PROG_GET_FD_BY_ID, { 0: 1 })).toBeGreaterThan(prog);
  expect(caller.call(PROG_GET_FD_BY_ID, { 0: 2 })).toBe(-ENOENT);
  const object = caller.objectOf(prog);
  objects.release(object);
  expect(objects.byId("prog", 1)).toBe(object);
  objects.release(object);
  expect(objects.byId("prog", 1)).toBeUndefined();
});

test("runs are counted while somebody wants statistics", () => {
  const caller = new Caller();
  const prog = caller.load();
  const run = () => caller.call(10, { 0: prog, 8: 14, 16: OUT, 32: 3 });
  expect(run()).toBe(0);
  const stats = caller.call(ENABLE_STATS, { 0: 0 });
  expect(run()).toBe(0);
  expect(caller.view.getUint32(ATTR + 4, true)).toBe(7);
  caller.kernel.objects.release(caller.objectOf(stats));
  expect(run()).toBe(0);
  caller.bytes.fill(0, OUT, OUT + 300);
  caller.info(prog, 232);
  expect(caller.view.getUint32(OUT + 200, true)).toBe(3);
  expect(caller.call(ENABLE_STATS, { 0: 1 })).toBe(-EINVAL);
  expect(caller.call(10, { 0: 99 })).toBe(-EBADF);
});
