import { expect, test } from "vitest";
import { BpfKernel } from "../../bpf/kernel.ts";
import { socketFiltersOf } from "../../bpf/socket-filter.ts";
import { Clock } from "../../hw/clock.ts";
import { EAGAIN, EINVAL, ENOENT, ENOMEM, EPERM } from "../../include/errno.ts";
import { SOCK_DGRAM, SOL_SOCKET } from "../../include/uapi/socket.ts";
import {
  SO_ATTACH_FILTER,
  SO_DETACH_FILTER,
  SO_LOCK_FILTER,
} from "../../include/uapi/socket-options.ts";
import { bareTask } from "../../init/bare-task.ts";
import type { Task } from "../../kernel/task.ts";
import { copyFromUser, copyToUser, getUser32, putUser32, putUser64 } from "../../mm/uaccess.ts";
import { TraceRing } from "../../trace/ring.ts";
import { sockaddrIn } from "../ipv4/inet-sock.ts";
import { call, IN, OUT, recv, send, socketpair } from "../test-calls.ts";

function taskWithFilters(): Task {
  const task = bareTask();
  let bpf: BpfKernel | undefined;
  task.kernel.hooks.socketFilters = socketFiltersOf(() => {
    bpf ??= new BpfKernel(1, 2, new Clock(), new TraceRing());
    return bpf;
  });
  return task;
}

type Classic = readonly [code: number, jt: number, jf: number, k: number];

function attach(task: Task, fd: number, program: readonly Classic[]): number | "asleep" {
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  for (const [i, [code, jt, jf, k]] of program.entries()) {
    bytes.setUint16(i * 8, code, true);
    bytes.setUint8(i * 8 + 2, jt);
    bytes.setUint8(i * 8 + 3, jf);
    bytes.setUint32(i * 8 + 4, k, true);
  }
  copyToUser(task, OUT, new Uint8Array(bytes.buffer));
  putUser32(task, IN, program.length);
  putUser64(task, IN + 8, OUT);
  return call(task, "setsockopt", fd, SOL_SOCKET, SO_ATTACH_FILTER, IN, 16);
}

function option(task: Task, fd: number, name: number, value: number): number | "asleep" {
  putUser32(task, IN, value);
  return call(task, "setsockopt", fd, SOL_SOCKET, name, IN, 4);
}

/** Five bytes of what begins with "a", nothing of the rest. */
const FIVE_OF_A: readonly Classic[] = [
  [0x30, 0, 0, 0],
  [0x15, 0, 1, 0x61],
  [0x06, 0, 0, 5],
  [0x06, 0, 0, 0],
];

test("a filter cuts datagrams and drops them, and the sender is not told", () => {
  const task = taskWithFilters();
  const [sender, receiver] = socketpair(task, SOCK_DGRAM);
  expect(attach(task, receiver, FIVE_OF_A)).toBe(0);
  expect(send(task, sender, "abcdefgh")).toBe(8);
  expect(send(task, sender, "bcdefgh")).toBe(7);
  expect(recv(task, receiver, 20)).toBe("abcde");
  expect(recv(task, receiver, 20)).toBe(-EAGAIN);
  expect(option(task, receiver, SO_DETACH_FILTER, 0)).toBe(0);
  expect(option(task, receiver, SO_DETACH_FILTER, 0)).toBe(-ENOENT);
  send(task, sender, "bcdefgh");
  expect(recv(task, receiver, 20)).toBe("bcdefgh");
});

test("filters of a socket take no more than 128 KiB, the old one and the new one together", () => {
  const task = taskWithFilters();
  const [, receiver] = socketpair(task, SOCK_DGRAM);
  // Loads of a byte become 12 instructions of eBPF, and 8 more are around.
  const ofLength = (length: number): readonly Classic[] => {
    const loads = Math.floor((length - 8) / 12);
    const loaded = new Array<Classic>(loads).fill([0x30, 0, 0, 0]);
    const added = new Array<Classic>(length - 8 - loads * 12).fill([0x04, 0, 0, 1]);
    return [...loaded, ...added, [0x16, 0, 0, 0]];
  };
  expect(attach(task, receiver, ofLength(16_372))).toBe(-ENOMEM);
  expect(attach(task, receiver, ofLength(8180))).toBe(0);
  expect(attach(task, receiver, ofLength(8180))).toBe(-ENOMEM);
  expect(attach(task, receiver, ofLength(8179))).toBe(0);
  option(task, receiver, SO_DETACH_FILTER, 0);
  expect(attach(task, receiver, ofLength(16_371))).toBe(0);
});

test("a filter of a UDP socket sees ports, address and length, and leaves the header", () => {
  const task = taskWithFilters();
  const receiver = call(task, "socket", 2, SOCK_DGRAM, 0) as number;
  copyToUser(task, IN, sockaddrIn(0x7f000001, 7000));
  call(task, "bind", receiver, IN, 16);
  // Keeps 12 bytes: the header and four. Only from 127.0.0.1 to port 7000.
  const program: readonly Classic[] = [
    [0x28, 0, 0, 2],
    [0x15, 0, 3, 7000],
    [0x20, 0, 0, 0xfff0000c],
    [0x15, 0, 1, 0x7f000001],
    [0x06, 0, 0, 12],
    [0x06, 0, 0, 0],
  ];
  expect(attach(task, receiver, program)).toBe(0);
  const sender = call(task, "socket", 2, SOCK_DGRAM, 0) as number;
  copyToUser(task, IN, sockaddrIn(0x7f000001, 7000));
  call(task, "connect", sender, IN, 16);
  send(task, sender, "datagram");
  expect(recv(task, receiver, 20)).toBe("data");
});

test("a locked filter stays, and can be read", () => {
  const task = taskWithFilters();
  const [, receiver] = socketpair(task, SOCK_DGRAM);
  expect(
    attach(task, receiver, [
      [0x06, 0, 0, 5],
      [0x00, 0, 0, 0],
    ]),
  ).toBe(-EINVAL);
  expect(attach(task, receiver, [[0x06, 0, 0, 5]])).toBe(0);
  expect(option(task, receiver, SO_LOCK_FILTER, 1)).toBe(0);
  expect(option(task, receiver, SO_DETACH_FILTER, 0)).toBe(-EPERM);
  expect(attach(task, receiver, [[0x06, 0, 0, 1]])).toBe(-EPERM);
  putUser32(task, IN, 4);
  expect(call(task, "getsockopt", receiver, SOL_SOCKET, SO_ATTACH_FILTER, OUT, IN)).toBe(0);
  expect(getUser32(task, IN)).toBe(1);
  expect([...(copyFromUser(task, OUT, 8) as Uint8Array)]).toEqual([6, 0, 0, 0, 5, 0, 0, 0]);
});
