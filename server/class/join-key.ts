import * as z from "zod";
import { hashWord } from "../auth/password.ts";
import type { Tx } from "../db/index.ts";

/** A word by which people enrol themselves. */
export const JoinKey = z
  .string()
  .trim()
  .min(8, "A key has at least 8 characters.")
  .max(100, "A key has at most 100 characters.");

/** Sets the word by which students enrol themselves in the run; null: nobody does any more. */
export async function setJoinKey(tx: Tx, runId: string, key: string | null): Promise<void> {
  const joinKeyHash = key === null ? null : await hashWord(key);
  await tx.courseRun.update({ where: { id: runId }, data: { joinKeyHash } });
}
