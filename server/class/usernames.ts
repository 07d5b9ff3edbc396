import type { Tx } from "../db/index.ts";

/** Names of people without an account. */
interface NewPerson {
  readonly email: string;
  readonly username: string | undefined;
}

/** A user name for each address: the one that is asked for, else one like the address's first part. */
export async function freeUsernames(
  tx: Tx,
  people: readonly NewPerson[],
): Promise<ReadonlyMap<string, string>> {
  const bases = people.map(({ email, username }) => username ?? baseOf(email));
  const rows = await tx.$queryRaw<{ username: string }[]>`
    SELECT "username" FROM "User"
    WHERE "username" = ANY(${bases}) OR regexp_replace("username", '-[0-9]+$', '') = ANY(${bases})`;
  const taken = new Set(rows.map(({ username }) => username));
  // Names that somebody has asked for go to them, whoever stands first.
  for (const { username } of people) if (username !== undefined) taken.add(username);
  return new Map(
    people.map(({ email, username }, index) => {
      const free = username ?? firstFree(bases[index] ?? "", taken);
      taken.add(free);
      return [email, free];
    }),
  );
}

function firstFree(base: string, taken: ReadonlySet<string>): string {
  if (!taken.has(base)) return base;
  for (let number = 2; ; number++) {
    const candidate = `${base}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** As `Username` wants it, with room for a number behind it. */
function baseOf(email: string): string {
  const local = email.split("@", 1)[0] ?? "";
  const base = local
    .replace(/[^a-z0-9._-]+/g, "-")
    .slice(0, 24)
    .replace(/^[._-]+|[._-]+$/g, "");
  return base.length < 3 ? `user-${base || "new"}` : base;
}
