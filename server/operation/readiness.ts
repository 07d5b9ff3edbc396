import { setTimeout as delay } from "node:timers/promises";
import { db } from "../db/client.ts";
import { migrations } from "../db/migrate.ts";

/** Whether the site can serve; each reason against it is a sentence for the operator. */
export type Readiness = { kind: "ready" } | { kind: "not-ready"; because: string };

const PATIENCE_MS = 2000;

/** Asks the database for the version of its tables. */
export async function readiness(): Promise<Readiness> {
  try {
    const answer = await Promise.race([newestMigration(), delay(PATIENCE_MS, "late" as const)]);
    if (answer === "late") return notReady(`the database has not answered for ${PATIENCE_MS} ms`);
    const wanted = migrations().at(-1)?.name;
    return answer === wanted
      ? { kind: "ready" }
      : notReady(`the database is at migration ${answer}, this version needs ${wanted}`);
  } catch {
    return notReady("the database cannot be reached");
  }
}

async function newestMigration(): Promise<string | undefined> {
  const rows = await db().$queryRaw<{ migration_name: string }[]>`
    SELECT migration_name FROM _prisma_migrations
    WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL
    ORDER BY migration_name DESC LIMIT 1`;
  return rows[0]?.migration_name;
}

function notReady(because: string): Readiness {
  return { kind: "not-ready", because };
}
