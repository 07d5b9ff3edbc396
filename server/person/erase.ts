/** Takes a person out of the site. */
import { randomUUID } from "node:crypto";
import type { Tx } from "../db/index.ts";
import { type TableRule, tableRules } from "./tables.ts";

/** What becomes of submissions and grades: kept without a name, or deleted. */
export type WorkFate = "unnamed" | "deleted";

/** What happens to the person's rows of one table. */
export interface ErasureStep {
  readonly table: string;
  readonly rows: number;
  readonly fate: "deleted" | "unnamed" | "kept";
}

/** What erasing the person would do, table by table; it changes nothing. */
export async function planErasure(
  tx: Tx,
  userId: string,
  work: WorkFate,
): Promise<readonly ErasureStep[]> {
  const steps: ErasureStep[] = [];
  for (const { table, rule } of tableRules()) {
    if (rule.erased === "nothing") continue;
    const [count] = await tx.$queryRawUnsafe<{ rows: number }[]>(
      `SELECT count(*)::int AS "rows" FROM "${table}" WHERE ${rule.whose}`,
      userId,
    );
    const rows = count?.rows ?? 0;
    if (rows > 0) steps.push({ table, rows, fate: rule.erased === "work" ? work : rule.erased });
  }
  return steps;
}

interface Erased {
  readonly userId: string;
  readonly work: WorkFate;
  /** Who has asked for it. */
  readonly byId: string;
}

/** Erases the person, in the transaction `tx` or not at all, and answers what has happened. */
export async function erasePerson(
  tx: Tx,
  { userId, work, byId }: Erased,
): Promise<readonly ErasureStep[]> {
  await tx.$queryRaw`SELECT FROM "User" WHERE "id" = ${userId} FOR UPDATE`;
  const steps = await planErasure(tx, userId, work);
  const nobody = work === "unnamed" ? await insertNobody(tx) : undefined;
  for (const { table, rule } of tableRules()) {
    await eraseRows(tx, { table, rule, userId, nobody });
  }
  await tx.erasure.create({
    data: { userId, byId, work, steps: steps.map((step) => ({ ...step })) },
  });
  return steps;
}

interface RowsToErase {
  readonly table: string;
  readonly rule: TableRule;
  readonly userId: string;
  /** The account that takes work over; undefined: it is deleted. */
  readonly nobody: string | undefined;
}

async function eraseRows(tx: Tx, { table, rule, userId, nobody }: RowsToErase): Promise<void> {
  switch (rule.erased) {
    case "nothing":
      return;
    case "kept":
      if (rule.words !== undefined) {
        const sql = `UPDATE "${table}" SET ${rule.words} WHERE ${rule.whose}`;
        await tx.$executeRawUnsafe(sql, userId);
      }
      if (nobody !== undefined && rule.set !== undefined) {
        const sql = `UPDATE "${table}" SET ${rule.set} WHERE ${rule.whose}`;
        await tx.$executeRawUnsafe(sql, userId, nobody);
      }
      return;
    case "unnamed":
      await tx.$executeRawUnsafe(`UPDATE "${table}" SET ${rule.set} WHERE ${rule.whose}`, userId);
      return;
    case "deleted":
      await tx.$executeRawUnsafe(`DELETE FROM "${table}" WHERE ${rule.whose}`, userId);
      return;
    case "work":
      if (nobody === undefined) {
        await tx.$executeRawUnsafe(`DELETE FROM "${table}" WHERE ${rule.whose}`, userId);
      } else if (rule.set !== undefined) {
        const sql = `UPDATE "${table}" SET ${rule.set} WHERE ${rule.whose}`;
        await tx.$executeRawUnsafe(sql, userId, nobody);
      }
  }
}

/**
 * An account that nobody can enter. Its id is a new one, and it has no date, which would be that of an
 * `Erasure`: nothing leads back to the person.
 */
async function insertNobody(tx: Tx): Promise<string> {
  const id = randomUUID();
  await tx.user.create({
    data: {
      ...{ id, name: "Erased person", email: `${id}@erased.invalid`, banned: true },
      ...{ createdAt: new Date(0), updatedAt: new Date(0) },
    },
  });
  return id;
}
