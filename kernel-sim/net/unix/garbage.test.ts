import { expect, test } from "vitest";
import { SOCK_STREAM } from "../../include/uapi/socket.ts";
import { bareTask } from "../../init/bare-task.ts";
import type { Task } from "../../kernel/task.ts";
import { copyToUser } from "../../mm/uaccess.ts";
import { call, IN, recv, socketpair } from "../test-calls.ts";

const MSGHDR = IN + 0x1000;
const IOV = IN + 0x1100;
const CONTROL = IN + 0x1200;

/** Sends one byte with descriptors over `fd`. */
function sendRights(task: Task, fd: number, fds: readonly number[]): number | "asleep" {
  const iov = new DataView(new ArrayBuffer(16));
  iov.setUint32(0, IN, true);
  iov.setUint32(8, 1, true);
  copyToUser(task, IOV, new Uint8Array(iov.buffer));
  const control = new DataView(new ArrayBuffer(16 + 4 * fds.length));
  control.setUint32(0, 16 + 4 * fds.length, true);
  control.setInt32(8, 1, true);
  control.setInt32(12, 1, true);
  for (const [i, sent] of fds.entries()) control.setInt32(16 + 4 * i, sent, true);
  copyToUser(task, CONTROL, new Uint8Array(control.buffer));
  const msg = new DataView(new ArrayBuffer(56));
  msg.setUint32(16, IOV, true);
  msg.setUint32(24, 1, true);
  msg.setUint32(32, CONTROL, true);
  msg.setUint32(40, 16 + 4 * fds.length, true);
  copyToUser(task, MSGHDR, new Uint8Array(msg.buffer));
  return call(task, "sendmsg", fd, MSGHDR, 0x40);
}

function countReleases(task: Task): { count: number } {
  const released = { count: 0 };
  const before = task.kernel.hooks.fileReleased;
  task.kernel.hooks.fileReleased = (file) => {
    before(file);
    released.count++;
  };
  return released;
}

test("sockets that only their own messages hold are found and closed", () => {
  const task = bareTask();
  const released = countReleases(task);
  const [a, b] = socketpair(task, SOCK_STREAM);
  // Each end lies in the queue of the other: nobody can ever receive them again.
  expect(sendRights(task, a, [a])).toBe(1);
  expect(sendRights(task, b, [b])).toBe(1);
  expect(task.cred.user.unixInflight).toBe(2);
  task.files.close(task, a);
  expect(released.count).toBe(0);
  task.files.close(task, b);
  // The next close of any unix socket looks for them.
  const [c] = socketpair(task, SOCK_STREAM);
  task.files.close(task, c);
  expect(released.count).toBe(3);
  expect(task.cred.user.unixInflight).toBe(0);
});

test("a socket in a queue that can still be read lives", () => {
  const task = bareTask();
  const released = countReleases(task);
  const [a, b] = socketpair(task, SOCK_STREAM);
  const [c, d] = socketpair(task, SOCK_STREAM);
  sendRights(task, a, [c]);
  task.files.close(task, c);
  task.files.close(task, d);
  expect(released.count).toBe(1);
  // A plain read drops what came with the byte.
  expect(recv(task, b, 1)).toHaveLength(1);
  expect(released.count).toBe(2);
});
