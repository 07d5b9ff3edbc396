// Wrong: a rumour counts as much as the files.
import type { Claim, Snippet, Verdict } from "./contract.ts";

const RANK = { primary: 0, memory: 1, secondary: 2 };

export function judge(claims: readonly Claim[], snippets: readonly Snippet[]): readonly Verdict[] {
  const bestFirst = [...snippets].sort(
    (a, b) => compare(a.written, b.written) || compare(a.id, b.id),
  );
  return claims.map((claim) => verdictOn(claim, bestFirst));
}

function verdictOn(claim: Claim, bestFirst: readonly Snippet[]): Verdict {
  for (const { id, states } of bestFirst) {
    const statement = states.find(
      ({ subject, event }) => subject === claim.subject && event === claim.event,
    );
    if (statement === undefined) continue;
    if (statement.date.startsWith(claim.date)) {
      return { claim: claim.id, label: "supported", by: id };
    }
    // What is less exact than the claim, and agrees with it, decides nothing.
    if (!claim.date.startsWith(statement.date)) {
      return { claim: claim.id, label: "contradicted", by: id };
    }
  }
  return { claim: claim.id, label: "open", by: undefined };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
