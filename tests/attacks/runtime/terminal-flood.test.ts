/** A Worker that somebody has taken over speaks in the name of its terminals: the page must not drown. */
import { expect, test } from "vitest";
import { CellWorker } from "../../../notebook/session/sandbox/cell-worker.ts";
import type { SandboxFrame } from "../../../notebook/session/sandbox/frame.ts";

/** A Worker in the attacker's hands: what it sends is what `messages` says. */
async function taken(messages: readonly unknown[], sees: boolean) {
  const { port1, port2 } = new MessageChannel();
  const frame = {
    spawn: () => ({
      port: port1,
      failed: new Promise<void>(() => undefined),
      end: () => port1.close(),
    }),
  } as unknown as SandboxFrame;
  const worker = new CellWorker(frame);
  let received = 0;
  let news = 0;
  worker.onTerminal = ({ terminal, data }) => {
    news++;
    received += data.length;
    if (sees) worker.tellTerminal({ type: "terminal-seen", terminal, bytes: received });
  };
  for (const message of messages) port2.postMessage(JSON.stringify(message));
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 2));
  port2.close();
  worker.end();
  return { news, received };
}

const NEWS = { type: "terminal", terminal: 1, data: "", typed: [], workMs: 0, isEnded: false };
const many = (n: number, message: (i: number) => object) =>
  Array.from({ length: n }, (_, i) => message(i));

test.each([
  {
    name: "more bytes than its window holds, unseen",
    messages: many(10, () => ({ ...NEWS, data: "x".repeat(60_000) })),
    most: 4,
  },
  { name: "empty news without an end", messages: many(5_000, () => NEWS), most: 64 },
  {
    name: "news of ever new terminals",
    messages: many(5_000, (i) => ({ ...NEWS, terminal: i })),
    most: 1_024,
  },
  {
    name: "one message that is too large",
    messages: many(100, () => ({ ...NEWS, data: "x".repeat(70_000) })),
    most: 0,
  },
])("ended by the page: $name", async ({ messages, most }) => {
  const { news } = await taken(messages, false);
  expect(news).toBeLessThanOrEqual(most);
});

test("control: as much is taken from a Worker that waits until it is seen", async () => {
  const messages = many(20, () => ({ ...NEWS, data: "x".repeat(60_000) }));
  const { news, received } = await taken(messages, true);
  expect([news, received]).toEqual([20, 1_200_000]);
});
