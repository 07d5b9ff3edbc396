import fc from "fast-check";
import { expect, test } from "vitest";
import type { Output } from "#notebook/document";
import { RunOutputs } from "./run-outputs.ts";

const stream = (text: string): Output => ({ kind: "stream", stream: "stdout", text });
const shown: Output = { kind: "display", bundle: { "text/plain": "a" } };

test("a run that is made once more goes on where it was left, in whatever pieces its text comes", () => {
  const pieces = fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 6 });
  const again = fc.property(pieces, pieces, pieces, (before, rest, cuts) => {
    const first = [...before.map(stream), shown];
    const text = before.join("");
    // The same text, cut at other places.
    const marks = cuts.map((cut) => cut.length * 2).filter((at) => at < text.length);
    const ends = [...new Set([...marks, text.length])].sort((a, b) => a - b);
    const recut = ends.map((end, i) => stream(text.slice(ends[i - 1] ?? 0, end)));
    const outputs = new RunOutputs();
    const page = first.map((output) => outputs.fresh(output));
    outputs.beginAgain();
    const second = [...recut, shown, ...rest.map(stream), shown];
    page.push(...second.map((output) => outputs.fresh(output)));
    const seen = page.filter((output) => output !== undefined);
    const texts = seen.map((output) => (output.kind === "stream" ? output.text : "|")).join("");
    expect(texts).toBe(`${text}|${rest.join("")}|`);
  });
  fc.assert(again);
});

test("text that ends within a piece is shown from there on", () => {
  const outputs = new RunOutputs();
  expect(outputs.fresh(stream("one "))).toEqual(stream("one "));
  outputs.beginAgain();
  expect(outputs.fresh(stream("one two"))).toEqual(stream("two"));
});
