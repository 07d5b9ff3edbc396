import { expect, test, vi } from "vitest";
import { latest } from "./latest.ts";

test("it is asked once for all who want to know at the same time, and again later", async () => {
  const ask = vi.fn(async () => `answer ${ask.mock.calls.length}`);
  const often = latest(60_000, ask);
  expect(await Promise.all([often(), often()])).toEqual(["answer 1", "answer 1"]);
  const anew = latest(0, ask);
  expect([await anew(), await anew()]).toEqual(["answer 2", "answer 3"]);
});

test("while nobody answers the last answer holds", async () => {
  const answers: (() => Promise<string>)[] = [async () => "known", () => Promise.reject()];
  const ask = latest(0, () => (answers.shift() ?? (async () => "new"))());
  expect([await ask(), await ask(), await ask()]).toEqual(["known", "known", "new"]);
});
