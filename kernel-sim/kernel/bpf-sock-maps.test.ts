import { expect, test } from "vitest";
import { BpfKernel } from "../bpf/kernel.ts";
import { bpfDoor } from "../bpf/sys/door.ts";
import { fsSyscalls } from "../fs/syscalls.ts";
import { TestCaller } from "../fs/test-calls.ts";
import { Clock } from "../hw/clock.ts";
import {
  E2BIG,
  EBADF,
  EBUSY,
  EEXIST,
  EINVAL,
  ENOENT,
  ENOSPC,
  ENOTSOCK,
  ENOTSUPP,
  EOPNOTSUPP,
} from "../include/errno.ts";
import { socketSyscalls } from "../net/socket-syscalls.ts";
import { TraceRing } from "../trace/ring.ts";
import { bpfSyscalls } from "./bpf.ts";

const [CREATE, LOOKUP, UPDATE, DELETE, NEXT_KEY] = [0, 1, 2, 3, 4];
const [SOCKMAP, XSKMAP, SOCKHASH, REUSEPORT] = [15, 17, 18, 20];
const [UNIX, INET] = [1, 2];
const [STREAM, DGRAM, SEQPACKET] = [1, 2, 5];
const [SOL_SOCKET, SO_REUSEPORT, SO_COOKIE] = [1, 15, 57];
const [BPF_NOEXIST, BPF_EXIST] = [1, 2];
const ENTRIES = 4;

class SocketTask extends TestCaller {
  constructor() {
    super({ ...fsSyscalls, ...socketSyscalls, ...bpfSyscalls });
    const kernel = new BpfKernel(1, 2, new Clock(), new TraceRing());
    this.task.kernel.hooks.bpf = bpfDoor(() => kernel);
  }

  bpf(command: number, words: Readonly<Record<number, number>>): number {
    const block = new DataView(new ArrayBuffer(168));
    for (const [at, word] of Object.entries(words)) block.setUint32(Number(at), word, true);
    return this.call("bpf", command, this.at(5, new Uint8Array(block.buffer)), 168);
  }

  map(type: number, valueSize = 8): number {
    return this.bpf(CREATE, { 0: type, 4: 4, 8: valueSize, 12: ENTRIES });
  }

  element(command: number, map: number, key: number, value = 0, flags = 0): number {
    const words = { 0: map, 8: this.at(6, bytesOf(key)) };
    if (command === DELETE) return this.bpf(command, words);
    return this.bpf(command, { ...words, 16: this.at(7, bytesOf(value, 0)), 24: flags });
  }

  cookie(fd: number): Uint8Array {
    this.at(8, bytesOf(8));
    const at = this.at(9, bytesOf(0, 0));
    expect(this.call("getsockopt", fd, SOL_SOCKET, SO_COOKIE, at, this.at(8, bytesOf(8)))).toBe(0);
    return this.bytes(9, 8);
  }

  bound(type: number, isShared = false, listens = false): number {
    const fd = this.call("socket", INET, type, 0);
    const one = this.at(8, bytesOf(1));
    if (isShared) this.call("setsockopt", fd, SOL_SOCKET, SO_REUSEPORT, one, 4);
    const address = this.at(9, Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(this.call("bind", fd, address, 16)).toBe(0);
    if (listens) expect(this.call("listen", fd, 1)).toBe(0);
    return fd;
  }

  pair(type: number): number {
    expect(this.call("socketpair", UNIX, type, 0, this.at(9, bytesOf(0, 0)))).toBe(0);
    return this.bytes(9, 1)[0]!;
  }
}

function bytesOf(...words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

// Each answer as Linux 6.18 gave it.
test("a sockmap takes sockets that could be given packets", () => {
  const task = new SocketTask();
  const map = task.map(SOCKMAP);
  const update = (fd: number, key = 0, flags = 0) => task.element(UPDATE, map, key, fd, flags);
  const refused = [
    task.call("socket", INET, STREAM, 0),
    task.bound(STREAM),
    task.call("socket", INET, DGRAM, 0),
    task.call("socket", UNIX, STREAM, 0),
    task.call("socket", UNIX, SEQPACKET, 0),
  ];
  expect(refused.map((fd) => update(fd))).toEqual(refused.map(() => -EOPNOTSUPP));
  expect([update(map), update(999)]).toEqual([-ENOTSOCK, -EBADF]);
  const taken = [
    task.bound(STREAM, false, true),
    task.bound(DGRAM),
    task.pair(STREAM),
    task.call("socket", UNIX, DGRAM, 0),
  ];
  for (const fd of taken) {
    expect(update(fd, 0, BPF_EXIST)).toBe(-ENOENT);
    expect([update(fd), update(fd, 0, BPF_NOEXIST), update(fd, 0, BPF_EXIST)]).toEqual([
      0,
      -EEXIST,
      0,
    ]);
    expect([update(fd, 9), update(fd, 0, 3)]).toEqual([-E2BIG, -EINVAL]);
    expect(task.element(LOOKUP, map, 0)).toBe(0);
    expect(task.bytes(7, 8)).toEqual(task.cookie(fd));
    expect(task.element(LOOKUP, map, 9)).toBe(-ENOENT);
    expect([task.element(DELETE, map, 0), task.element(DELETE, map, 0)]).toEqual([0, -EINVAL]);
  }
  // A socket that is closed leaves the map.
  expect(update(taken[1]!)).toBe(0);
  expect(task.call("close", taken[1]!)).toBe(0);
  expect(task.element(LOOKUP, map, 0)).toBe(-ENOENT);
  expect(task.element(LOOKUP, task.map(SOCKMAP, 4), 0)).toBe(-ENOSPC);
});

test("a sockhash has them by any keys", () => {
  const task = new SocketTask();
  const map = task.map(SOCKHASH);
  const fd = task.bound(DGRAM);
  const update = (key: number, flags = 0) => task.element(UPDATE, map, key, fd, flags);
  expect(update(7, BPF_EXIST)).toBe(-ENOENT);
  expect([update(7), update(7, BPF_NOEXIST), update(7, BPF_EXIST)]).toEqual([0, -EEXIST, 0]);
  expect([update(8), update(9), update(10), update(11)]).toEqual([0, 0, 0, -E2BIG]);
  const keys = new Set<number>();
  let answer = task.bpf(NEXT_KEY, { 0: map, 16: task.at(7, bytesOf(0)) });
  while (answer === 0) {
    const key = task.bytes(7, 1)[0]!;
    keys.add(key);
    answer = task.element(NEXT_KEY, map, key);
  }
  expect([answer, [...keys].sort((a, b) => a - b)]).toEqual([-ENOENT, [7, 8, 9, 10]]);
  expect([task.element(DELETE, map, 7), task.element(DELETE, map, 7)]).toEqual([0, -ENOENT]);
  expect(task.element(LOOKUP, map, 8)).toBe(0);
  expect(task.bytes(7, 8)).toEqual(task.cookie(fd));
});

test("an array of sockets that share a port has each of them once", () => {
  const task = new SocketTask();
  const map = task.map(REUSEPORT);
  const update = (fd: number, key = 0, flags = 0) => task.element(UPDATE, map, key, fd, flags);
  expect(update(task.bound(DGRAM))).toBe(-EINVAL);
  expect(update(task.bound(STREAM, true))).toBe(-EINVAL);
  expect(update(task.call("socket", UNIX, DGRAM, 0))).toBe(-ENOTSUPP);
  for (const fd of [task.bound(DGRAM, true), task.bound(STREAM, true, true)]) {
    expect(update(fd, 0, BPF_EXIST)).toBe(-ENOENT);
    expect([update(fd), update(fd, 0, BPF_NOEXIST), update(fd, 0, BPF_EXIST)]).toEqual([
      0,
      -EEXIST,
      -EBUSY,
    ]);
    expect([update(fd, 1), update(fd, 9)]).toEqual([-EBUSY, -E2BIG]);
    expect(task.element(UPDATE, task.map(SOCKMAP), 0, fd)).toBe(-EBUSY);
    expect(task.element(LOOKUP, map, 0)).toBe(0);
    expect(task.bytes(7, 8)).toEqual(task.cookie(fd));
    expect([task.element(DELETE, map, 0), task.element(DELETE, map, 0)]).toEqual([0, -ENOENT]);
    expect(task.element(DELETE, map, 9)).toBe(-E2BIG);
  }
  expect(task.element(UPDATE, task.map(XSKMAP, 4), 0, task.bound(DGRAM))).toBe(-EOPNOTSUPP);
});
