import fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue, type PendingEvent } from "./event-queue.ts";

test("events come by time, then in the order of scheduling, whatever was cancelled", () => {
  const plans = fc.array(fc.record({ time: fc.nat(50), isCancelled: fc.boolean() }), {
    maxLength: 400,
  });
  const ordered = fc.property(plans, (events) => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const pending: PendingEvent[] = [];
    for (const [i, { time }] of events.entries()) {
      pending.push(queue.schedule(time, () => fired.push(i)));
    }
    for (const [i, { isCancelled }] of events.entries()) if (isCancelled) queue.cancel(pending[i]!);
    expect(queue.size).toBe(events.filter(({ isCancelled }) => !isCancelled).length);
    for (let event = queue.popDue(50); event !== undefined; event = queue.popDue(50)) event.fire();
    const expected = [...events.keys()]
      .filter((i) => !events[i]!.isCancelled)
      .sort((a, b) => events[a]!.time - events[b]!.time || a - b);
    expect(fired).toEqual(expected);
  });
  fc.assert(ordered);
});
