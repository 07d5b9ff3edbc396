import { expect, test } from "vitest";
import { type AnsweredCall, likelyAnswer } from "./likely-answer.ts";

const asks = { kind: "asks" } as const;
const past = (...calls: Omit<AnsweredCall, "kind">[]) =>
  calls.map((call) => ({ ...asks, ...call }));
const killed = { call: "kill", args: [5, 9], answer: 0 };
const dead = {
  ...{ pid: 5, status: 9, exited: undefined, signaled: 9, stopped: undefined, continued: false },
};

test.each([
  { name: "closing works", call: "close", args: [3], before: past(), answer: 0 },
  {
    name: "dup2 answers what was asked for",
    call: "dup2",
    args: [4, 1],
    before: past(),
    answer: 1,
  },
  { name: "fork may answer any number", call: "fork", args: [], before: past(), answer: undefined },
  {
    name: "a read that got less than it asked for is the last one with bytes",
    ...{ call: "read", args: [3, 64], answer: new Uint8Array(0) },
    before: past({ call: "read", args: [3, 64], answer: Uint8Array.of(65) }),
  },
  {
    name: "a read that got all may be followed by another one",
    ...{ call: "read", args: [3, 1], answer: undefined },
    before: past({ call: "read", args: [3, 1], answer: Uint8Array.of(65) }),
  },
  {
    name: "a child that was killed has died of it",
    ...{ call: "wait4", args: [5], answer: dead, before: past(killed) },
  },
  {
    name: "a child that was waited for already is anybody's guess",
    ...{ call: "wait4", args: [5], answer: undefined },
    before: past({ call: "wait4", args: [5], answer: dead }, killed),
  },
])("$name", ({ call, args, before, answer }) => {
  expect(likelyAnswer({ ...asks, call, args }, before)).toEqual(answer);
});
