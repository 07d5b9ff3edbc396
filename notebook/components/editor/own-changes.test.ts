import { expect, test } from "vitest";
import { OwnChanges } from "./own-changes.ts";

test("a value that comes back late, when more was typed, is the editor's own", () => {
  const own = new OwnChanges();
  for (const value of ["a", "ab", "abc"]) own.tell(value);
  expect(own.isOwn("a")).toBe(true);
  // Not every value comes back: several keystrokes may be drawn at once.
  expect(own.isOwn("abc")).toBe(true);
});

test("what was never told comes from outside, and so does what has come back before", () => {
  const own = new OwnChanges();
  own.tell("a");
  expect(own.isOwn("a")).toBe(true);
  expect(own.isOwn("a")).toBe(false);
  own.tell("ab");
  expect(own.isOwn("other")).toBe(false);
  expect(own.isOwn("ab")).toBe(false);
});
