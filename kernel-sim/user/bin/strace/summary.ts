/** What strace -c knows of one call. */
export interface Tally {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly ns: number;
}

const RULE = "------ ----------- ----------- --------- --------- ----------------\n";

/** The table of strace -c, the longest first. */
export function summary(tallies: readonly Tally[]): string {
  const total = tallies.reduce(
    (sum, { calls, errors, ns }) => ({
      calls: sum.calls + calls,
      errors: sum.errors + errors,
      ns: sum.ns + ns,
    }),
    { calls: 0, errors: 0, ns: 0 },
  );
  const row = (name: string, { calls, errors, ns }: Omit<Tally, "name">) =>
    [
      ((100 * ns) / Math.max(1, total.ns)).toFixed(2).padStart(6),
      (ns / 1e9).toFixed(6).padStart(11),
      String(Math.floor(ns / 1000 / Math.max(1, calls))).padStart(11),
      String(calls).padStart(9),
      (errors === 0 ? "" : String(errors)).padStart(9),
      `${name}\n`,
    ].join(" ");
  const sorted = [...tallies].sort((a, b) => b.ns - a.ns || (a.name < b.name ? -1 : 1));
  return [
    `% time     seconds  usecs/call     calls    errors syscall\n${RULE}`,
    ...sorted.map((tally) => row(tally.name, tally)),
    RULE,
    row("total", total),
  ].join("");
}
