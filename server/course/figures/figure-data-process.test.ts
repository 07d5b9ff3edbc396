import { expect, test } from "vitest";
import { addressStories } from "./address-stories.ts";
import { modeRuns } from "./mode-runs.ts";
import { registerRuns } from "./register-runs.ts";
import { stateStories } from "./state-stories.ts";

test("a store brings a page for writing, a load the shared page of zeros, a store after it a frame", () => {
  const buffers = addressStories()[0]?.moments.map(({ spaces }) => spaces[0]?.regions[1]?.pages);
  const changes = buffers?.filter((pages, i) => pages !== buffers[i - 1]);
  expect(changes).toEqual([
    "----------------",
    "---w------------",
    "---w-----------w",
    "---w-s---------w",
    "---w-w---------w",
  ]);
});

test("a fork takes the right to write away, and a store copies one page", () => {
  const moments = addressStories()[1]?.moments ?? [];
  const [before, after, child, mother] = moments.map(({ spaces }) =>
    spaces.map(({ regions }) => regions[0]),
  );
  expect(before?.map((region) => region?.pages)).toEqual(["www-"]);
  expect(after?.map((region) => region?.pages)).toEqual(["sss-", "sss-"]);
  expect(after?.[1]?.frames).toEqual(before?.[0]?.frames);
  expect(child?.[1]?.frames[1]).not.toBe(child?.[0]?.frames[1]);
  expect(mother?.[0]?.frames[1]).toBe(before?.[0]?.frames[1]);
  expect(mother?.[0]?.frames[2]).not.toBe(before?.[0]?.frames[2]);
});

test("registers change as the instructions say, and cli is refused", () => {
  const [five, , rude] = registerRuns();
  expect(five?.steps.map(({ eax }) => eax | 0).slice(0, 5)).toEqual([0, 7, 7, 0, -1]);
  expect(five?.steps[5]?.esp).toBe(five?.steps[0]?.esp);
  expect(rude?.steps.at(-1)?.says).toContain("#GP. The kernel sends signal 11");
  expect(registerRuns().every(({ steps }) => steps.every(({ cpl }) => cpl === 3))).toBe(true);
});

test("every way that a task goes is one of those that are drawn", () => {
  const ways = new Set(
    stateStories().flatMap(({ moments }) =>
      moments.flatMap(({ states }, at) =>
        states.flatMap((state, task) => {
          const before = moments[at - 1]?.states[task];
          return before === undefined || before === state ? [] : [`${before} ${state}`];
        }),
      ),
    ),
  );
  expect([...ways].sort()).toEqual([
    "blocked ready",
    "new ready",
    "ready running",
    "running blocked",
    "running ready",
    "running sleeping",
    "running stopped",
    "running zombie",
    "sleeping ready",
    "stopped ready",
    "zombie gone",
  ]);
});

test("an interrupt has a current that it does not concern, and no stretch is both user and system", () => {
  const stretches = modeRuns().flatMap((run) => run.stretches);
  const inInterrupt = stretches.filter(({ preemptCount }) => preemptCount !== 0);
  expect(new Set(inInterrupt.map(({ comm }) => comm))).toEqual(new Set(["hog"]));
  expect(inInterrupt.every(({ cpl }) => cpl === 0)).toBe(true);
  expect(new Set(stretches.map(({ cpl }) => cpl))).toEqual(new Set([0, 3]));
});
