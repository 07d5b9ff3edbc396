import fc from "fast-check";
import { expect, test } from "vitest";
import { EADDRINUSE, EAGAIN, ECONNREFUSED, ECONNRESET, EPIPE } from "../../include/errno.ts";
import { bareTask } from "../../init/bare-task.ts";
import type { Task } from "../../kernel/task.ts";
import { copyToUser } from "../../mm/uaccess.ts";
import { sockfdLookup } from "../socket.ts";
import { call, IN, recv, send } from "../test-calls.ts";
import { sockaddrIn } from "./inet-sock.ts";
import { tcpInq } from "./tcp.ts";
import type { TcpSock } from "./tcp-sock.ts";

function withAddress(task: Task, name: string, fd: number, port: number): number | "asleep" {
  copyToUser(task, IN, sockaddrIn(0x7f000001, port));
  return call(task, name, fd, IN, 16);
}

function socket(task: Task): number {
  return call(task, "socket", 2, 1, 0) as number;
}

/** A listener on port 7000, and both ends of a connection to it. */
function connection(task: Task): { listener: number; client: number; server: number } {
  const listener = socket(task);
  withAddress(task, "bind", listener, 7000);
  call(task, "listen", listener, 5);
  const client = socket(task);
  expect(withAddress(task, "connect", client, 7000)).toBe(0);
  const server = call(task, "accept4", listener, 0, 0, 0) as number;
  return { listener, client, server };
}

function sockOf(task: Task, fd: number): TcpSock {
  const sock = sockfdLookup(task, fd);
  if (typeof sock === "number") throw new Error(`no socket ${fd}`);
  return sock.sk as TcpSock;
}

test("a connection to a port where nobody listens is refused", () => {
  const task = bareTask();
  expect(withAddress(task, "connect", socket(task), 7999)).toBe(-ECONNREFUSED);
});

test("a small write waits while another is not acknowledged, as Nagle and Minshall say", () => {
  const task = bareTask();
  const { client, server } = connection(task);
  // Each side has answered the other, so acknowledgements wait for data to go with.
  send(task, client, "rrrrrrrr");
  send(task, server, "ppppppppp");
  send(task, client, "rrrrrrrrrr");
  send(task, client, "rr");
  send(task, client, "ppppppppp");
  // Recorded on Linux 6.18: the last two writes have not gone.
  expect(tcpInq(sockOf(task, client))).toBe(9);
  expect(tcpInq(sockOf(task, server))).toBe(18);
});

test("a stream gives back what was written, and its end, whatever the sizes", () => {
  const ops = fc.array(
    fc.oneof(
      fc.record({ write: fc.integer({ min: 1, max: 5000 }), from: fc.boolean() }),
      fc.record({ read: fc.integer({ min: 1, max: 7000 }), from: fc.boolean() }),
    ),
    { maxLength: 40 },
  );
  const matches = fc.property(ops, (steps) => {
    const task = bareTask();
    const { client, server } = connection(task);
    const written = { true: "", false: "" };
    const read = { true: "", false: "" };
    let counter = 0;
    for (const step of steps) {
      const key = `${step.from}` as const;
      if ("write" in step) {
        const text = String.fromCharCode(33 + (counter++ % 90)).repeat(step.write);
        expect(send(task, step.from ? client : server, text)).toBe(text.length);
        written[key] += text;
      } else {
        const got = recv(task, step.from ? server : client, step.read);
        if (typeof got === "string") read[key] += got;
        else expect(got).toBe(-EAGAIN);
      }
      expect(written[key].startsWith(read[key])).toBe(true);
    }
    call(task, "shutdown", client, 1);
    call(task, "shutdown", server, 1);
    for (const from of [true, false]) {
      const fd = from ? server : client;
      let got = recv(task, fd, 0x7000);
      while (typeof got === "string" && got !== "") {
        read[`${from}`] += got;
        got = recv(task, fd, 0x7000);
      }
      expect(got).toBe("");
      expect(read[`${from}`]).toBe(written[`${from}`]);
    }
  });
  fc.assert(matches, { numRuns: 30 });
});

test("unread bytes at a close reset the peer; a port in TIME_WAIT is in use", () => {
  const task = bareTask();
  const { listener, client, server } = connection(task);
  send(task, client, "unread");
  task.files.close(task, server);
  expect(recv(task, client, 1)).toBe(-ECONNRESET);
  expect(recv(task, client, 1)).toBe("");
  expect(send(task, client, "x", 0x4000)).toBe(-EPIPE);

  const second = socket(task);
  expect(withAddress(task, "connect", second, 7000)).toBe(0);
  const accepted = call(task, "accept4", listener, 0, 0, 0) as number;
  task.files.close(task, accepted);
  task.files.close(task, second);
  task.files.close(task, listener);
  expect(withAddress(task, "bind", socket(task), 7000)).toBe(-EADDRINUSE);
});
