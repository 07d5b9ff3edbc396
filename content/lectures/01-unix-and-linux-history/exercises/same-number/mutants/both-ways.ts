// Wrong: names each pair twice.
import type { Claim } from "./contract.ts";

export function comparablePairs(claims: readonly Claim[]): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  claims.forEach((a, i) => {
    for (const b of claims) if (a !== b) if (mayCompare(a, b)) pairs.push([a.id, b.id]);
  });
  return pairs;
}

export function restate(claim: Claim): string | undefined {
  if (!isComplete(claim)) return undefined;
  const { value, metric, population, date, source } = claim;
  return `${value} % of ${population}, counted by ${metric}, in ${date}, according to ${source}.`;
}

function mayCompare(a: Claim, b: Claim): boolean {
  const isSame = a.metric === b.metric && a.population === b.population;
  return isSame && isComplete(a) && isComplete(b);
}

function isComplete({ metric, population, date, source }: Claim): boolean {
  return [metric, population, date, source].every((field) => field !== "");
}
