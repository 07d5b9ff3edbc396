// Wrong: finds no series: wants equal dates as well.
import type { Claim } from "./contract.ts";

export function comparablePairs(claims: readonly Claim[]): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  claims.forEach((a, i) => {
    for (const b of claims.slice(i + 1)) if (mayCompare(a, b)) pairs.push([a.id, b.id]);
  });
  return pairs;
}

export function restate(claim: Claim): string | undefined {
  if (!isComplete(claim)) return undefined;
  const { value, metric, population, date, source } = claim;
  return `${value} % of ${population}, counted by ${metric}, in ${date}, according to ${source}.`;
}

function mayCompare(a: Claim, b: Claim): boolean {
  const isSame = a.metric === b.metric && a.population === b.population && a.date === b.date;
  return isSame && isComplete(a) && isComplete(b);
}

function isComplete({ metric, population, date, source }: Claim): boolean {
  return [metric, population, date, source].every((field) => field !== "");
}
