import { expect, test } from "vitest";
import type { SharedWords } from "../api-explore.ts";
import type { SystemCalls } from "../api-kernel.ts";
import "./with-kernel.ts";
import { explore } from "./explore.ts";
import { inspectMachine } from "./inspector.ts";

function* increments(_sys: SystemCalls, { counter }: SharedWords) {
  yield* counter!.store((yield* counter!.load()) + 1);
}

const { shown } = explore(
  {
    shared: { counter: 0 },
    threads: { A: increments, B: increments },
    invariant: ({ shared }) => shared["counter"] === 2,
  },
  {},
  () => {
    throw new Error("nobody asks for it");
  },
);

test("the first failing end is shown step by step, beside the good one, as plain data", () => {
  const view = shown.view();
  expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  expect(view).toMatchObject({ schedules: 4, failing: 2, isComplete: true, threads: ["A", "B"] });
  expect(view.ends[view.end]).toMatchObject({ failure: "the invariant does not hold" });
  expect(view.differs).toEqual([{ what: "counter", here: "1", there: "2" }]);
  const accesses = view.steps.filter(({ kind }) => kind === "access");
  expect(accesses.map(({ thread, values }) => [thread, ...values])).toEqual([
    ["A", 0],
    ["B", 0],
    ["A", 1],
    ["B", 1],
  ]);
});

test("a good end is compared to a failing one", () => {
  const good = shown.view().comparedTo;
  expect(shown.view(good)).toMatchObject({
    end: good,
    differs: [{ what: "counter", here: "2", there: "1" }],
  });
  expect(shown.view(99).end).toBe(shown.view().end);
});

test("each step leads to the moment of the replay at which it had been made", () => {
  const { steps, end } = shown.view();
  const machine = shown.machine(end)!;
  const events = steps.map(({ event }) => event);
  expect(events).toEqual([...events].sort((a, b) => a - b));
  const exit = steps.findIndex(({ what }) => what === "exit()");
  const moment = inspectMachine(machine, { event: steps[exit]!.event, view: "tasks" });
  expect(moment.event).toBe(steps[exit]!.event);
  const before = inspectMachine(machine, { event: steps[0]!.event, view: "tasks" });
  expect(before.processes.length).toBeGreaterThan(moment.processes.length - 1);
});
