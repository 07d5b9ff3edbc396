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
