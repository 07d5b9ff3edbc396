import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BPF_LOG_FIXED, VerifierLog } from "./log.ts";

function logOf(level: number, size: number, ...texts: string[]): VerifierLog {
  const log = new VerifierLog(level, size);
  for (const text of texts) log.write(text);
  return log;
}

describe("a log that is longer than its buffer", () => {
  test("keeps its end, less the final 0", () => {
    expect(logOf(2, 5, "abc", "defgh").fit()).toEqual({ text: "efgh", isTruncated: true });
  });

  test("keeps its start with BPF_LOG_FIXED", () => {
    const log = logOf(2 | BPF_LOG_FIXED, 5, "abc", "defgh");
    expect(log.fit()).toEqual({ text: "abcd", isTruncated: true });
  });

  test("is whole when it just fits", () => {
    expect(logOf(2, 5, "abcd").fit()).toEqual({ text: "abcd", isTruncated: false });
  });

  test("was too long even when the end is taken back", () => {
    const log = logOf(1, 8, "abc", "defghijkl");
    log.reset(2);
    expect(log.fit()).toEqual({ text: "", isTruncated: true });
  });

  test("is not kept at all when nobody reads it", () => {
    expect(logOf(2, 0, "abc").fit()).toEqual({ text: "", isTruncated: false });
  });
});

test("what is written and taken back in turn is the text that is left, or its end", () => {
  const step = fc.oneof(
    fc.record({ write: fc.string({ unit: fc.constantFrom(..."abcdef\n"), maxLength: 6000 }) }),
    fc.record({ back: fc.integer({ min: 0, max: 100 }) }),
  );
  const property = fc.property(
    fc.array(step),
    fc.integer({ min: 1, max: 20_000 }),
    (steps, size) => {
      const log = new VerifierLog(1, size);
      let text = "";
      let start = 0;
      for (const each of steps) {
        if ("write" in each) {
          log.write(each.write);
          text += each.write;
        } else {
          text = text.slice(0, Math.max(0, text.length - each.back));
          log.reset(text.length);
        }
        start = Math.min(Math.max(start, text.length - size), text.length);
      }
      expect(log.endPos).toBe(text.length);
      expect(log.fit().text).toBe(text.slice(Math.max(start, text.length - (size - 1))));
    },
  );
  fc.assert(property);
});
