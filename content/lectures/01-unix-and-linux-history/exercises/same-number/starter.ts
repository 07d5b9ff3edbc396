import type { Claim } from "./contract.ts";

export function comparablePairs(claims: readonly Claim[]): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  claims.forEach((a, i) => {
    for (const b of claims.slice(i + 1)) if (a.date === b.date) pairs.push([a.id, b.id]);
  });
  return pairs;
}

export function restate(claim: Claim): string | undefined {
  return `${claim.value} % of all computers run Linux.`;
}
