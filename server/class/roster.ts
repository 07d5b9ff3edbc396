import { Prisma, type Tx } from "../db/index.ts";
import type { RunRole } from "../policies/index.ts";

/** One person of a run. */
export interface RosterPerson {
  readonly userId: string;
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly role: RunRole;
  readonly sectionId: string | null;
  readonly section: string | null;
  /** When they were last here; null: never, or not since their sessions ended. */
  readonly seenAt: Date | null;
}

export const ROSTER_ORDERS = ["name", "role", "section", "seen"] as const;
export type RosterOrder = (typeof ROSTER_ORDERS)[number];

export interface RosterFilter {
  /** Part of a name, user name or address. */
  readonly search: string;
  readonly role: RunRole | undefined;
  /** The section's name; null: people in none; undefined: everybody. */
  readonly section: string | null | undefined;
}

interface RosterPage extends RosterFilter {
  readonly order: RosterOrder;
  readonly isDescending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** The people of a run that fit, a page of them, and how many there are in all. */
export async function rosterOf(
  tx: Tx,
  runId: string,
  { search, role, section, order, isDescending, limit, offset }: RosterPage,
): Promise<{ readonly people: readonly RosterPerson[]; readonly total: number }> {
  const part = `%${search.replace(/[\\%_]/g, "\\$&")}%`;
  const direction = isDescending ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  const rows = await tx.$queryRaw<(RosterPerson & { total: number })[]>`
    SELECT person."id" AS "userId", person."name",
      coalesce(person."username", person."email") AS "username", person."email",
      enrolment."role"::text AS "role", enrolment."sectionId", section."name" AS "section",
      greatest(session.at, submission.at) AS "seenAt", count(*) OVER ()::int AS total
    FROM "Enrolment" AS enrolment
    JOIN "User" AS person ON person."id" = enrolment."userId"
    LEFT JOIN "Section" AS section ON section."id" = enrolment."sectionId"
    LEFT JOIN (
      SELECT "userId", max("updatedAt") AS at FROM "Session" GROUP BY 1
    ) AS session ON session."userId" = person."id"
    LEFT JOIN (
      SELECT s."userId", max(s."receivedAt") AS at
      FROM "Submission" AS s JOIN "Exercise" AS e ON e."id" = s."exerciseId"
      WHERE e."runId" = ${runId} GROUP BY 1
    ) AS submission ON submission."userId" = person."id"
    WHERE enrolment."runId" = ${runId}
      AND (${search} = '' OR person."name" ILIKE ${part} OR person."username" ILIKE ${part}
        OR person."email" ILIKE ${part})
      AND (${role ?? null}::text IS NULL OR enrolment."role"::text = ${role ?? null})
      AND (${section === undefined} OR section."name" IS NOT DISTINCT FROM ${section ?? null})
    ORDER BY ${ORDERS[order]} ${direction} NULLS LAST, person."name", person."id"
    LIMIT ${limit} OFFSET ${offset}`;
  // A page beyond the last one has no row that could count.
  const total = rows[0]?.total ?? 0;
  return { total, people: rows.map(({ total: _, ...person }) => person) };
}

const ORDERS: Readonly<Record<RosterOrder, Prisma.Sql>> = {
  name: Prisma.sql`person."name"`,
  // As the roles are declared: readers first.
  role: Prisma.sql`enrolment."role"`,
  section: Prisma.sql`section."name"`,
  seen: Prisma.sql`greatest(session.at, submission.at)`,
};
