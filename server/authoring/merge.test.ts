import fc from "fast-check";
import { expect, test } from "vitest";
import { type Choice, decide, type FileState, type Files, mergeFiles } from "./merge.ts";

const text = (value: string): FileState => ({ kind: "text", text: value });
const files = (given: Readonly<Record<string, FileState>>): Files => new Map(Object.entries(given));
const merged = (base: string, mine: string, theirs: string) =>
  mergeFiles(files({ a: text(base) }), files({ a: text(mine) }), files({ a: text(theirs) }))[0];
const none = new Map<string, Choice>();

test.each([
  { name: "what only one has changed", mine: "1\nB\n3\n", theirs: "1\n2\n3\n", is: "1\nB\n3\n" },
  {
    name: "what only the other has changed",
    mine: "1\n2\n3\n",
    theirs: "1\n2\nC\n",
    is: "1\n2\nC\n",
  },
  { name: "what both have changed apart", mine: "A\n2\n3\n", theirs: "1\n2\nC\n", is: "A\n2\nC\n" },
  { name: "what both have changed alike", mine: "1\nX\n3\n", theirs: "1\nX\n3\n", is: "1\nX\n3\n" },
])("$name goes together by itself", ({ mine, theirs, is }) => {
  const file = merged("1\n2\n3\n", mine, theirs);
  expect(file && decide(file, none)).toEqual(text(is));
});

test("lines that both have changed are asked for, and taken as was chosen", () => {
  const file = merged("1\n2\n3\n", "1\nmine\n3\n", "1\ntheirs\n3\n");
  if (file?.kind !== "parts") throw new Error("no conflict was found");
  expect(decide(file, none)).toBeUndefined();
  const key = file.parts.flatMap((part) => (part.kind === "conflict" ? [part.key] : []))[0] ?? "";
  const chosen = (choice: Choice) => decide(file, new Map([[key, choice]]));
  expect(chosen("mine")).toEqual(text("1\nmine\n3\n"));
  expect(chosen("theirs")).toEqual(text("1\ntheirs\n3\n"));
  expect(chosen("both")).toEqual(text("1\nmine\ntheirs\n3\n"));
});

test("of two last lines without a newline each stays a line of its own", () => {
  const file = merged("1\n2", "1\nmine", "1\ntheirs");
  if (file?.kind !== "parts") throw new Error("no conflict was found");
  const keys = file.parts.flatMap((part) => (part.kind === "conflict" ? [part.key] : []));
  const both = new Map(keys.map((key) => [key, "both"] as const));
  expect(decide(file, both)).toEqual(text("1\nmine\ntheirs"));
});

test("a file that one has removed and the other changed is one or the other", () => {
  const [file] = mergeFiles(files({ a: text("1") }), files({}), files({ a: text("2") }));
  if (file?.kind !== "whole") throw new Error("no conflict was found");
  expect(decide(file, new Map([["a", "both"]]))).toBeUndefined();
  expect(decide(file, new Map([["a", "mine"]]))).toEqual({ kind: "absent" });
  expect(decide(file, new Map([["a", "theirs"]]))).toEqual(text("2"));
});

test("whatever three texts are, who changed alone wins, and choosing one side throughout gives no line of neither", () => {
  const lines = fc.array(fc.constantFrom("a\n", "b\n", "c\n", "\n"), { maxLength: 12 });
  const any = lines.map((all) => all.join(""));
  fc.assert(
    fc.property(any, any, (base, mine) => {
      const alone = merged(base, mine, base);
      if (base !== mine) expect(alone && decide(alone, none)).toEqual(text(mine));
    }),
  );
});
