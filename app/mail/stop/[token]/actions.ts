"use server";

import { revalidatePath } from "next/cache";
import * as z from "zod";
import { db, transaction } from "#server/db";
import { chooseMail, readStop } from "#server/mail";

const Input = z.object({ token: z.string().max(300), pace: z.enum(["never", "at_once"]) });

/** Stops one kind of mail for whoever has the link from it, or brings it back. */
export async function stopMail(form: FormData): Promise<void> {
  const parsed = Input.safeParse(form instanceof FormData ? Object.fromEntries(form) : {});
  const stop = parsed.success ? readStop(parsed.data.token) : undefined;
  if (!parsed.success || stop === undefined) return;
  // An account may be gone while its mail still lies somewhere.
  if ((await db().user.count({ where: { id: stop.userId } })) === 0) return;
  await transaction((tx) => chooseMail(tx, stop.userId, { [stop.kind]: parsed.data.pace }));
  revalidatePath("/mail", "layout");
}
