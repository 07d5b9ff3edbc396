import { describe, expect, test } from "vitest";
import { isLogAttrOk } from "./verifier-log-buffer.ts";

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
