/** What the verifier said, from a `LoadResult` or a `VerifierReport`. */

import type { VerifierLogData } from "#notebook/document";
import { ownData } from "./inspect.ts";

const MOST_LINES = 20_000;
const LINES_AS_TEXT = 400;

export function verifierLogOf(value: object): VerifierLogData | undefined {
  const ok = ownData(value, "ok");
  const log = ownData(value, "log");
  const processed = ownData(value, "insnsProcessed");
  if (typeof ok !== "boolean" || typeof log !== "string" || typeof processed !== "number") {
    return undefined;
  }
  const errno = ownData(value, "errno");
  const errnoName = ownData(value, "errnoName");
  const error = ownData(value, "error");
  const lines = log.split("\n", MOST_LINES);
  if (lines.at(-1) === "") lines.pop();
  return {
    ok,
    errno: typeof errno === "number" && !ok ? errno : 0,
    errnoName: typeof errnoName === "string" ? errnoName : "",
    error: typeof error === "string" ? error : "",
    lines,
  };
}

export function verifierLogAsText({ ok, errno, errnoName, error, lines }: VerifierLogData): string {
  const refusal = ["Refused", errnoName || (errno > 0 ? `errno ${errno}` : ""), error];
  const verdict = ok ? "Accepted" : refusal.filter((part) => part !== "").join(": ");
  const shown = lines.slice(0, LINES_AS_TEXT);
  const more = lines.length - shown.length;
  return [verdict, ...shown, ...(more > 0 ? [`… ${more} more lines`] : [])].join("\n");
}
