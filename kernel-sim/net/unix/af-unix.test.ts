import fc from "fast-check";
import { expect, test } from "vitest";
import { EAGAIN, ECONNRESET, EPIPE } from "../../include/errno.ts";
import { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from "../../include/uapi/socket.ts";
import { bareTask } from "../../init/bare-task.ts";
import { call, IN, recv, send, socketpair } from "../test-calls.ts";

// What Linux 6.18 takes before it answers EAGAIN: messages, and bytes in all.
test.each([
  { type: SOCK_STREAM, size: 1, messages: 278, bytes: 278 },
  { type: SOCK_STREAM, size: 1000, messages: 93, bytes: 93_000 },
  { type: SOCK_STREAM, size: 4096, messages: 44, bytes: 180_224 },
  { type: SOCK_STREAM, size: 10_000, messages: 17, bytes: 170_000 },
  { type: SOCK_DGRAM, size: 1, messages: 278, bytes: 278 },
  { type: SOCK_DGRAM, size: 4096, messages: 26, bytes: 106_496 },
  { type: SOCK_SEQPACKET, size: 10_000, messages: 13, bytes: 130_000 },
])("type $type takes $messages messages of $size bytes", ({ type, size, messages, bytes }) => {
  const task = bareTask();
  const [a] = socketpair(task, type);
  let sent = 0;
  let count = 0;
  for (;;) {
    const answer = call(task, "sendto", a, IN, size, 0x40);
    if (answer === -EAGAIN) break;
    sent += answer as number;
    count++;
  }
  expect([count, sent]).toEqual([messages, bytes]);
});

test("a stream gives back what was written, whatever the sizes", () => {
  const ops = fc.array(
    fc.oneof(
      fc.record({ write: fc.string({ unit: "grapheme-ascii", maxLength: 40 }) }),
      fc.record({ read: fc.integer({ min: 1, max: 60 }) }),
    ),
    { maxLength: 60 },
  );
  const matches = fc.property(ops, (steps) => {
    const task = bareTask();
    const [a, b] = socketpair(task, SOCK_STREAM);
    let queue = "";
    for (const step of steps) {
      if ("write" in step) {
        send(task, a, step.write);
        queue += step.write;
      } else {
        const expected = queue.slice(0, step.read);
        expect(recv(task, b, step.read)).toBe(queue === "" ? -EAGAIN : expected);
        queue = queue.slice(step.read);
      }
    }
  });
  fc.assert(matches, { numRuns: 50 });
});

test("an urgent byte is read by itself, and stops other reads", () => {
  const task = bareTask();
  const [a, b] = socketpair(task, SOCK_STREAM);
  send(task, a, "hello", 1);
  send(task, a, "world");
  expect(recv(task, b, 10)).toBe("hell");
  expect(recv(task, b, 10, 1)).toBe("o");
  expect(recv(task, b, 10)).toBe("world");
});

test("closing with unread bytes resets the peer, and later writes find a broken pipe", () => {
  const task = bareTask();
  const [a, b] = socketpair(task, SOCK_STREAM);
  send(task, a, "x");
  task.files.close(task, b);
  expect(recv(task, a, 1)).toBe(-ECONNRESET);
  expect(recv(task, a, 1)).toBe("");
  expect(send(task, a, "y", 0x4000)).toBe(-EPIPE);
});
