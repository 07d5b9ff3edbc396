import type { Claim, Snippet, Verdict } from "./contract.ts";

export function judge(claims: readonly Claim[], snippets: readonly Snippet[]): readonly Verdict[] {
  return claims.map((claim) => {
    const snippet = snippets.find(({ states }) =>
      states.some(({ subject }) => subject === claim.subject),
    );
    return { claim: claim.id, label: "supported", by: snippet?.id };
  });
}
