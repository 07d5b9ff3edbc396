// Wrong: counts heads.
import type { Claim, Snippet, Verdict } from "./contract.ts";

export function judge(claims: readonly Claim[], snippets: readonly Snippet[]): readonly Verdict[] {
  return claims.map((claim) => {
    const about = snippets.flatMap(({ id, states }) =>
      states
        .filter(({ subject, event }) => subject === claim.subject && event === claim.event)
        .map(({ date }) => ({ id, date })),
    );
    const pro = about.filter(({ date }) => date.startsWith(claim.date));
    const con = about.filter(
      ({ date }) => !date.startsWith(claim.date) && !claim.date.startsWith(date),
    );
    if (pro.length === 0 && con.length === 0) {
      return { claim: claim.id, label: "open", by: undefined };
    }
    const isRight = pro.length >= con.length;
    const [first] = isRight ? pro : con;
    return { claim: claim.id, label: isRight ? "supported" : "contradicted", by: first?.id };
  });
}
