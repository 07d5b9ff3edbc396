import { expect, test } from "vitest";
import { TraceRing } from "./ring.ts";

const CAPACITY = 1 << 20;

test("numbers, texts and objects come back as the fields they were, zeros too", () => {
  const ring = new TraceRing();
  const event = ring.numberEvent("x:numbers", ["comm", "a", "b", "c", "d", "e", "f"], ["comm"]);
  const sh = ring.textNumber("sh");
  ring.begin(event, 1, 0, 7).putTwo(sh, 0);
  ring.record(ring.nameNumber("x:object"), 2, 1, { text: "t" }, 8);
  const chunk = ring.begin(event, 3, 0, 7);
  chunk.putFour(ring.textNumber("cat"), 1, 0, 0);
  chunk.putThreeMore(0, 0, -6);
  ring.begin(event, 4, 0, 7).putFour(sh, 1, 2, 0);

  const zeros = { a: 0, b: 0, c: 0, d: 0, e: 0, f: 0 };
  expect(ring.events().map(({ fields }) => fields)).toEqual([
    { comm: "sh", ...zeros },
    { text: "t" },
    { comm: "cat", ...zeros, a: 1, f: -6 },
    { comm: "sh", ...zeros, a: 1, b: 2 },
  ]);
  expect(ring.events("x:object")).toMatchObject([{ seq: 1, time: 2, cpu: 1, pid: 8 }]);
});

test("a full ring overwrites the oldest records", () => {
  const ring = new TraceRing();
  const event = ring.numberEvent("x:i", ["i", "pid"]);
  for (let i = 0; i < CAPACITY + 1500; i++) {
    if (i % 2 === 0) ring.begin(event, i, 0, i % 3).putTwo(i, i % 3);
    else ring.record(event, i, 0, { i, pid: i % 3 }, i % 3);
  }
  const events = ring.events();
  expect(events.length).toBe(ring.length);
  const last = CAPACITY + 1500 - 1;
  expect(events.at(-1)).toMatchObject({ seq: last, fields: { i: last } });
  expect(events[0]!.seq).toBe(last + 1 - ring.length);
  expect(
    events.every(({ seq, time, pid, fields }) => {
      return time === seq && pid === seq % 3 && fields["i"] === seq;
    }),
  ).toBe(true);
});
