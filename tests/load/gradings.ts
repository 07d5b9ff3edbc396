/** What has become of all that was handed in, by the database. */
import { db } from "../../server/db/client.ts";

export interface Gradings {
  /** No submission waits for a grader any more. */
  readonly isDone: boolean;
  /** Submissions with one result, and full points in it. */
  readonly once: number;
  /** How many ended otherwise, by how. */
  readonly others: ReadonlyMap<string, number>;
}

export async function gradings(): Promise<Gradings> {
  const rows = await db().submission.findMany({
    select: { results: { select: { status: true, score: true, max: true } } },
    where: { user: { username: { startsWith: "load-" } } },
  });
  const others = new Map<string, number>();
  let once = 0;
  for (const { results } of rows) {
    const [first] = results;
    if (results.length === 1 && first?.status === "graded" && first.score === first.max) once++;
    else {
      const how =
        results.length !== 1
          ? `have ${results.length} results`
          : `are ${first?.status} with ${first?.score} of ${first?.max} points`;
      others.set(how, (others.get(how) ?? 0) + 1);
    }
  }
  return { isDone: !others.has("have 0 results"), once, others };
}
