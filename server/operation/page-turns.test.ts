import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { PageTurns } from "./page-turns.ts";

const page = { method: "GET", headers: { accept: "text/html,*/*" } } as IncomingMessage;

afterEach(() => vi.useRealTimers());

function response(): ServerResponse {
  return Object.assign(new EventEmitter(), { closed: false }) as unknown as ServerResponse;
}

function end(one: ServerResponse): void {
  Object.assign(one, { closed: true });
  one.emit("close");
}

test("pages take turns, what is no page does not wait", async () => {
  const turns = new PageTurns();
  const all = Array.from({ length: 5 }, response);
  const begun: number[] = [];
  const taking = all.map(async (one, place) => {
    await turns.take(page, one);
    begun.push(place);
  });
  const [first, , , fourth] = all;
  await Promise.all(taking.slice(0, 3));
  await turns.take({ method: "POST", headers: {} } as IncomingMessage, response());
  expect(begun).toEqual([0, 1, 2]);
  // Who has left meanwhile takes no turn from who waits behind.
  if (fourth !== undefined) Object.assign(fourth, { closed: true });
  if (first !== undefined) end(first);
  await Promise.all(taking);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test("who never reads to the end keeps nobody waiting", async () => {
  vi.useFakeTimers();
  const turns = new PageTurns();
  const slow = Array.from({ length: 3 }, response);
  await Promise.all(slow.map((one) => turns.take(page, one)));
  const next = turns.take(page, response());
  await vi.runAllTimersAsync();
  await next;
});
