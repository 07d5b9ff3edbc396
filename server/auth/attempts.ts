import { randomUUID } from "node:crypto";
import { db } from "../db/client.ts";

/** So many tries until a pause of so many seconds without one. */
export interface AttemptRule {
  readonly tries: number;
  readonly pauseS: number;
}

export type Attempt =
  /** `number` tries have been made, this one included. */
  | { readonly kind: "free"; readonly number: number }
  | { readonly kind: "paused"; readonly seconds: number };

/** Counts are of no use after this time, in ms. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * Counts one try under `key`, for all web processes together. One statement, so that tries made at
 * once cannot all be the last free one; a try during the pause does not make it longer.
 */
export async function countAttempt(
  key: string,
  { tries, pauseS }: AttemptRule,
  now: Date,
): Promise<Attempt> {
  const nowMs = BigInt(now.getTime());
  const since = nowMs - BigInt(pauseS * 1000);
  const [row] = await db().$queryRaw<{ count: number; lastRequest: bigint }[]>`
    INSERT INTO "RateLimit" AS seen ("id", "key", "count", "lastRequest")
    VALUES (${randomUUID()}, ${key}, 1, ${nowMs})
    ON CONFLICT ("key") DO UPDATE SET
      "count" = CASE WHEN seen."lastRequest" <= ${since} THEN 1 ELSE LEAST(seen."count", ${tries}) + 1 END,
      "lastRequest" = CASE WHEN seen."lastRequest" > ${since} AND seen."count" >= ${tries}
        THEN seen."lastRequest" ELSE ${nowMs} END
    RETURNING "count", "lastRequest"`;
  if (row === undefined) throw new Error("the try was not counted");
  if (row.count <= tries) return { kind: "free", number: row.count };
  return { kind: "paused", seconds: Math.ceil(Number(row.lastRequest - since) / 1000) };
}

/** What was tried under the keys no longer counts: it came to a good end. */
export async function forgetAttempts(keys: readonly string[], now: Date): Promise<void> {
  const old = BigInt(now.getTime() - KEPT_MS);
  await db().rateLimit.deleteMany({
    where: { OR: [{ key: { in: [...keys] } }, { lastRequest: { lt: old } }] },
  });
}
