import type { DateBack } from "#server/queries";
import { FIELD_NAMES } from "./date-fields.ts";

export const NOT_ALLOWED = "Only the instructors of this run may change its dates.";

/** What is sent to change dates, and cannot be read. */
export const NONSENSE = { kind: "invalid", problem: "This is no change of dates." } as const;

/** What a change has done to submissions that are there already; "": nothing. */
export function counting(submissions: number): string {
  if (submissions === 0) return "";
  return submissions === 1
    ? "; 1 submission counts differently now"
    : `; ${submissions} submissions count differently now`;
}

/** What was not taken back; "": everything was. */
export function leaving(
  kept: readonly DateBack[],
  nameOf: (target: DateBack["target"]) => string | undefined,
): string {
  if (kept.length === 0) return "";
  const places = kept.map(({ target, field }) => {
    const name = nameOf(target);
    return name === undefined ? FIELD_NAMES[field] : `${name}, ${FIELD_NAMES[field]}`;
  });
  const named = [...new Set(places)];
  const more = named.length - NAMED_MAX;
  const list = named.slice(0, NAMED_MAX).join("; ") + (more > 0 ? `; and ${more} more` : "");
  return `. Left as they are, since somebody has set them since: ${list}`;
}

const NAMED_MAX = 5;
