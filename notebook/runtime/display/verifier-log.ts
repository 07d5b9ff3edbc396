/** What the verifier said, from a `LoadResult`, a `VerifierReport` or a `BpfError`. */

import {
  MIME_VERIFIER_LOG,
  type MimeBundle,
  type RefusalWords,
  refusalRows,
  type VerifierLogData,
} from "#notebook/document";
import { ownData } from "./inspect.ts";

const MOST_LINES = 20_000;
const LINES_AS_TEXT = 400;
const MOST_WORDS = 4_000;

/** To explain a refusal the check is made again; a longer one is not, only to be shown. */
const MOST_CHECKED_AGAIN = 100_000;

export function verifierLogOf(value: object): VerifierLogData | undefined {
  const ok = ownData(value, "ok");
  const log = ownData(value, "log");
  const processed = ownData(value, "insnsProcessed");
  if (typeof ok !== "boolean" || typeof log !== "string" || typeof processed !== "number") {
    return undefined;
  }
  const error = ownData(value, "error");
  const isExplained = !ok && processed <= MOST_CHECKED_AGAIN;
  return logData(value, log, { ok, error, explanation: isExplained ? words(value) : undefined });
}

/** The log of a program that should have been accepted, in front of the error that a cell ends with. */
export function refusalOfError(thrown: unknown): MimeBundle | undefined {
  if (typeof thrown !== "object" || thrown === null) return undefined;
  const log = ownData(thrown, "log");
  if (ownData(thrown, "name") !== "BpfError" || typeof log !== "string" || log === "") {
    return undefined;
  }
  const error = ownData(thrown, "message");
  return verifierLogBundle(logData(thrown, log, { ok: false, error, explanation: words(thrown) }));
}

export function verifierLogBundle(log: VerifierLogData): MimeBundle {
  return { "text/plain": verifierLogAsText(log), [MIME_VERIFIER_LOG]: log };
}

interface Verdict {
  readonly ok: boolean;
  readonly error: unknown;
  readonly explanation: RefusalWords | undefined;
}

function logData(value: object, log: string, verdict: Verdict): VerifierLogData {
  const { ok, error, explanation } = verdict;
  const errno = ownData(value, "errno");
  const errnoName = ownData(value, "errnoName");
  const lines = log.split("\n", MOST_LINES);
  if (lines.at(-1) === "") lines.pop();
  return {
    ok,
    errno: typeof errno === "number" && !ok ? errno : 0,
    errnoName: typeof errnoName === "string" ? errnoName : "",
    error: typeof error === "string" ? error : "",
    lines,
    ...(explanation === undefined ? {} : { explanation }),
  };
}

/** The simulator works them out when they are read. */
function words(value: object): RefusalWords | undefined {
  try {
    const found: unknown = Reflect.get(value, "explanation");
    if (typeof found !== "object" || found === null) return undefined;
    const part = (name: keyof RefusalWords) => {
      const text = ownData(found, name);
      return typeof text === "string" ? text.slice(0, MOST_WORDS) : "";
    };
    const explanation = {
      rule: part("rule"),
      value: part("value"),
      origin: part("origin"),
      repair: part("repair"),
    };
    return explanation.rule === "" ? undefined : explanation;
  } catch {
    return undefined;
  }
}

function verifierLogAsText(log: VerifierLogData): string {
  const { ok, errno, errnoName, error, lines, explanation } = log;
  const refusal = ["Refused", errnoName || (errno > 0 ? `errno ${errno}` : ""), error];
  const verdict = ok ? "Accepted" : refusal.filter((part) => part !== "").join(": ");
  const shown = lines.slice(0, LINES_AS_TEXT);
  const more = lines.length - shown.length;
  return [
    verdict,
    ...shown,
    ...(more > 0 ? [`… ${more} more lines`] : []),
    ...(explanation === undefined ? [] : explanationLines(explanation)),
  ].join("\n");
}

function explanationLines(explanation: RefusalWords): readonly string[] {
  return refusalRows(explanation).map(([title, text]) => `${title}: ${text}`);
}
