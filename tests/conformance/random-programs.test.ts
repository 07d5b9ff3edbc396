import { expect, test } from "vitest";
import { plantedBugs } from "./planted-bugs.ts";
import { randomMachine, runRandom } from "./random-machine.ts";

/** All of them: `RANDOM_PROGRAMS=1000 npm run -s test:unit -- tests/conformance/random-programs.test.ts`. */
const PROGRAMS = Number(process.env["RANDOM_PROGRAMS"] ?? 50);

test(`${PROGRAMS} random programs of several processes leave the machine whole after every step`, () => {
  const wrong: Record<number, readonly string[]> = {};
  let steps = 0;
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const run = runRandom(seed);
    steps += run.steps;
    if (run.wrong.length > 0) wrong[seed] = run.wrong;
  }
  expect(wrong).toEqual({});
  expect(steps).toBeGreaterThan(PROGRAMS * 20);
}, 900_000);

test("a machine is the same whether it is checked or not", () => {
  const { kernel } = randomMachine(7);
  let steps = 0;
  while (kernel.step() || kernel.advanceToNextEvent()) steps++;
  expect(runRandom(7)).toEqual({ steps, wrong: [] });
});

test.each(plantedBugs)("the checker sees that the kernel $name", ({ plant, sees }) => {
  expect(plant().join("\n")).toMatch(sees);
});
