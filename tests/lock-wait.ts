import { expect } from "vitest";
import { db } from "../server/db/index.ts";

/** Until somebody in the test's own database waits for a row that another holds. */
export async function waitsForLock(): Promise<void> {
  const waiting = () => db().$queryRaw<unknown[]>`
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await expect.poll(waiting, { timeout: 30_000 }).not.toHaveLength(0);
}
