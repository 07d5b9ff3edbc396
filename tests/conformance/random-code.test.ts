import { expect, test } from "vitest";
import { randomCode, runRandomCode } from "./random-code.ts";

/** More of them: `RANDOM_CODE=20000 npm run -s test:unit -- tests/conformance/random-code.test.ts`. */
const PROGRAMS = Number(process.env["RANDOM_CODE"] ?? 200);

test(`${PROGRAMS} programs of random bytes end with a signal or are killed, and the machine goes on`, () => {
  const wrong: Record<number, readonly string[]> = {};
  const ends = new Map<string, number>();
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const run = runRandomCode(seed);
    if (run.wrong.length > 0) wrong[seed] = run.wrong;
    ends.set(run.end, (ends.get(run.end) ?? 0) + 1);
  }
  expect(wrong).toEqual({});
  // Bytes that mean nothing to anybody: most end in a fault, of several kinds.
  expect(ends.get("SIGSEGV") ?? 0).toBeGreaterThan(PROGRAMS / 4);
  expect([...ends.keys()].length).toBeGreaterThan(3);
}, 900_000);

test("the same seed makes the same program", () => {
  expect(randomCode(3)).toEqual(randomCode(3));
  expect(runRandomCode(3)).toEqual(runRandomCode(3));
});
