/** Bytes that were sent and then used by nobody: a picture of a draft that was given up. */
import { db, type Tx } from "../db/index.ts";
import { log } from "../operation/log.ts";

const LOOK_MS = 6 * 3600_000;
/** From when they were sent last: somebody may still be about to name them. */
const UNUSED_DAYS = 7;

/** Removes them every few hours, as long as the process lives; answers what ends it. */
export async function removeUnusedBlobs(): Promise<() => Promise<void>> {
  const look = () => {
    deleteUnused(db(), new Date()).catch((error: unknown) =>
      log.warn({ err: error }, "unused pictures cannot be removed"),
    );
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return async () => clearInterval(timer);
}

/** Whatever neither a version nor a draft names, in one statement; answers how many. */
export function deleteUnused(tx: Tx, now: Date): Promise<number> {
  const before = new Date(now.getTime() - UNUSED_DAYS * 24 * 3600_000);
  return tx.$executeRaw`
    WITH used AS (
      SELECT file.value AS hash FROM "ContentVersion", jsonb_each_text("files") AS file
      UNION SELECT "hash" FROM "ContentDraftFile" WHERE "hash" IS NOT NULL
    )
    DELETE FROM "ContentBlob" AS blob
    WHERE blob."storedAt" < ${before}
      AND NOT EXISTS (SELECT FROM used WHERE used.hash = blob."hash")`;
}
