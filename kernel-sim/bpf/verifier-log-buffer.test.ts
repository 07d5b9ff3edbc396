import { describe, expect, test } from "vitest";
import { BPF_LOG_FIXED, fitLog, isLogAttrOk } from "./verifier-log-buffer.ts";

describe("the log attributes of BPF_PROG_LOAD", () => {
  test.each([
    { name: "a buffer with a level", logLevel: 2, logSize: 4096, hasLogBuffer: true, ok: true },
    { name: "no buffer, no level", logLevel: 0, logSize: 0, hasLogBuffer: false, ok: true },
    { name: "a size without buffer", logLevel: 2, logSize: 64, hasLogBuffer: false, ok: false },
    { name: "a buffer of size 0", logLevel: 2, logSize: 0, hasLogBuffer: true, ok: false },
    { name: "a buffer without level", logLevel: 0, logSize: 64, hasLogBuffer: true, ok: false },
    { name: "an unknown level", logLevel: 16, logSize: 64, hasLogBuffer: true, ok: false },
  ])("$name: $ok", ({ ok, ...attr }) => {
    expect(isLogAttrOk(attr)).toBe(ok);
  });
});

describe("a log that is longer than its buffer", () => {
  const attr = { logLevel: 2, logSize: 5, hasLogBuffer: true };

  test("keeps its end, less the final 0", () => {
    expect(fitLog("abcdefgh", attr)).toEqual({ log: "efgh", isTruncated: true });
  });

  test("keeps its start with BPF_LOG_FIXED", () => {
    const fixed = { ...attr, logLevel: 2 | BPF_LOG_FIXED };
    expect(fitLog("abcdefgh", fixed)).toEqual({ log: "abcd", isTruncated: true });
  });

  test("is whole when it just fits", () => {
    expect(fitLog("abcd", attr)).toEqual({ log: "abcd", isTruncated: false });
  });
});
