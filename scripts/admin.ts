/** `npm run admin -- --email YOU@EXAMPLE.EDU` makes an administrator while the site goes on. */
import { parseArgs } from "node:util";
import { makeAdministrator } from "../server/auth/administrator.ts";
import { Email, PersonName, Username } from "../server/auth/names.ts";
import { LINK_HOURS } from "../server/auth/password-link.ts";
import { remember } from "../server/config.ts";
import { disconnect } from "../server/db/client.ts";
import { migrate } from "../server/db/migrate.ts";
import { withDatabase } from "./with-database.ts";

const USAGE = "usage: npm run admin -- --email YOU@EXAMPLE.EDU [--name NAME] [--username USERNAME]";

process.exitCode = await main();

async function main(): Promise<number> {
  const person = administratorOf(process.argv.slice(2));
  if (typeof person === "string") return fail(`${person}\n${USAGE}`);
  const answer = await withDatabase(async (databaseUrl) => {
    remember({ databaseUrl });
    await migrate(databaseUrl);
    try {
      return await makeAdministrator(person);
    } finally {
      await disconnect();
    }
  });
  if (answer.kind === "username-taken") {
    return fail(
      `Somebody has the user name ${person.username}: choose another one with --username.`,
    );
  }
  console.log(
    `${person.email} is an administrator of the site${who(answer.kind, person.username)}.`,
  );
  console.log(`This link sets a password, once, within ${LINK_HOURS} hours:`);
  console.log(answer.link);
  return 0;
}

function who(kind: "made" | "promoted", username: string): string {
  return kind === "made" ? `, with the user name ${username}` : " now";
}

/** Whom the arguments name, or what is wrong with them. */
function administratorOf(
  args: string[],
): { email: string; name: string; username: string } | string {
  const text = { type: "string" } as const;
  let given: { email?: string; name?: string; username?: string };
  try {
    given = parseArgs({ args, options: { email: text, name: text, username: text } }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const email = Email.safeParse(given.email ?? "");
  if (!email.success) return "The address of the administrator is missing or is none.";
  const part = email.data.split("@")[0] ?? "";
  const username = Username.safeParse(given.username ?? part);
  if (!username.success) return `${username.error.issues[0]?.message} Give one with --username.`;
  const name = PersonName.safeParse(given.name ?? part);
  if (!name.success) return name.error.issues[0]?.message ?? "The name is wrong.";
  return { email: email.data, username: username.data, name: name.data };
}

function fail(message: string): number {
  console.error(message);
  return 1;
}
