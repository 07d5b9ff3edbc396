import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFilter, parseOrder, printFilter, printOrder } from "./gradebook-filter.ts";

test.each([
  { text: "  kov  mira ", words: [name("kov"), name("mira")] },
  { text: "lecture:07,11", words: [{ kind: "lecture", numbers: ["7", "11"] }] },
  { text: "exercise:E11.2,8.1", words: [{ kind: "exercise", numbers: ["11.2", "8.1"] }] },
  { text: "is:untried is:untried", words: [{ kind: "is", condition: "untried" }] },
  { text: "STATUS:time-out", words: [{ kind: "status", statuses: ["time-out"] }] },
  { text: "lecture:eleven", words: [{ kind: "unknown", text: "lecture:eleven" }] },
  { text: "is:lost status:lost", words: [unknown("is:lost"), unknown("status:lost")] },
  { text: "lecture:", words: [unknown("lecture:")] },
])("$text", ({ text, words }) => {
  expect(parseFilter(text)).toEqual(words);
});

test("whatever is typed, printing what was read and reading it again changes nothing", () => {
  const word = fc.oneof(
    fc.string(),
    fc
      .constantFrom("lecture:", "exercise:", "is:", "status:", "name:")
      .chain((key) =>
        fc.constantFrom("1,2", "graded", "queued", "E1.2", "a:b", ",", "").map((v) => key + v),
      ),
  );
  fc.assert(
    fc.property(fc.array(word), (typed) => {
      const words = parseFilter(typed.join(" "));
      expect(parseFilter(printFilter(words))).toEqual(words);
    }),
  );
});

test.each([
  { text: "", order: { key: "name", isDescending: false } },
  { text: "-points", order: { key: "points", isDescending: true } },
  { text: "E11.2", order: { key: "11.2", isDescending: false } },
])("the order $text", ({ text, order }) => {
  expect(parseOrder(text)).toEqual(order);
  expect(parseOrder(printOrder(order))).toEqual(order);
});

function name(part: string) {
  return { kind: "name", part };
}

function unknown(text: string) {
  return { kind: "unknown", text };
}
