import { expect, test } from "vitest";
import { EADDRINUSE, EAGAIN, ECONNREFUSED, EDESTADDRREQ } from "../../include/errno.ts";
import { MSG_MORE, MSG_TRUNC, SOCK_DGRAM } from "../../include/uapi/socket.ts";
import { SO_REUSEADDR } from "../../include/uapi/socket-options.ts";
import { bareTask } from "../../init/bare-task.ts";
import type { Task } from "../../kernel/task.ts";
import { copyToUser, putUser32 } from "../../mm/uaccess.ts";
import { call, IN, OUT, recv, send } from "../test-calls.ts";
import { sockaddrIn } from "./inet-sock.ts";

function socket(task: Task): number {
  return call(task, "socket", 2, SOCK_DGRAM, 0) as number;
}

function withAddress(task: Task, name: string, fd: number, port: number): number | "asleep" {
  copyToUser(task, IN, sockaddrIn(0x7f000001, port));
  return call(task, name, fd, IN, 16);
}

function sendTo(task: Task, fd: number, bytes: number, port: number): number | "asleep" {
  copyToUser(task, OUT, sockaddrIn(0x7f000001, port));
  return call(task, "sendto", fd, IN, bytes, 0x40, OUT, 16);
}

// How many datagrams of a size wait on Linux 6.18 before the next one is lost.
test.each([
  { size: 1, datagrams: 256 },
  { size: 1000, datagrams: 92 },
  { size: 8000, datagrams: 12 },
])("$datagrams datagrams of $size bytes wait, one more is lost", ({ size, datagrams }) => {
  const task = bareTask();
  const receiver = socket(task);
  withAddress(task, "bind", receiver, 7000);
  const sender = socket(task);
  for (let i = 0; i < 300; i++) expect(sendTo(task, sender, size, 7000)).toBe(size);
  let received = 0;
  while (recv(task, receiver, 1) !== -EAGAIN) received++;
  expect(received).toBe(datagrams);
});

test("a connected socket hears once that nobody has the port", () => {
  const task = bareTask();
  const fd = socket(task);
  expect(send(task, fd, "x")).toBe(-EDESTADDRREQ);
  withAddress(task, "connect", fd, 7999);
  expect(send(task, fd, "x")).toBe(1);
  expect(send(task, fd, "y")).toBe(-ECONNREFUSED);
  expect(recv(task, fd, 1)).toBe(-EAGAIN);
});

test("MSG_MORE gathers one datagram; MSG_TRUNC tells its whole length", () => {
  const task = bareTask();
  const receiver = socket(task);
  withAddress(task, "bind", receiver, 7000);
  const sender = socket(task);
  withAddress(task, "connect", sender, 7000);
  send(task, sender, "one ", MSG_MORE);
  expect(recv(task, receiver, 20)).toBe(-EAGAIN);
  send(task, sender, "datagram");
  expect(call(task, "recvfrom", receiver, OUT, 3, 0x40 | MSG_TRUNC)).toBe(12);
});

test("a port is shared when both sockets say so; the newer one receives", () => {
  const task = bareTask();
  const [first, second] = [socket(task), socket(task)];
  withAddress(task, "bind", first, 7000);
  expect(withAddress(task, "bind", second, 7000)).toBe(-EADDRINUSE);
  putUser32(task, OUT, 1);
  for (const fd of [first, second]) call(task, "setsockopt", fd, 1, SO_REUSEADDR, OUT, 4);
  expect(withAddress(task, "bind", second, 7000)).toBe(0);
  sendTo(task, socket(task), 3, 7000);
  expect(recv(task, first, 5)).toBe(-EAGAIN);
  expect(recv(task, second, 5)).toHaveLength(3);
});
