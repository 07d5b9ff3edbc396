/** What has become of all that was handed in, by the database. */
import { db } from "../../server/db/client.ts";

export interface Gradings {
  /** Submissions with one result, and full points in it. */
  readonly once: number;
  /** How many ended otherwise, by how. */
  readonly others: ReadonlyMap<string, number>;
}

const FROM_LOAD = { user: { username: { startsWith: "load-" } } };

/** What still waits for a grader, by exercise. */
export async function waitingGradings(): Promise<readonly string[]> {
  const rows = await db().submission.findMany({
    select: { exercise: { select: { slug: true } } },
    where: { ...FROM_LOAD, results: { none: {} } },
  });
  return rows.map(({ exercise }) => exercise.slug);
}

export async function gradings(): Promise<Gradings> {
  const rows = await db().submission.findMany({
    select: { results: { select: { status: true, score: true, max: true } } },
    where: FROM_LOAD,
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
  return { once, others };
}
