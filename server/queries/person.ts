import { closePasswordLinks } from "../auth/password-link.ts";
import type { Prisma, Tx } from "../db/index.ts";
import { coursesOf, type Person, type RunRole } from "../policies/index.ts";
import { lockSchedule, recomputeLate } from "./schedule.ts";

export interface Run {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
}

/** One person as the list of people shows them. */
export interface ListedPerson extends Person {
  readonly name: string;
  readonly username: string;
  readonly email: string;
  readonly banned: boolean;
}

interface PeopleFilter {
  /** Only people of these runs; undefined: everybody. */
  readonly runIds: readonly string[] | undefined;
  /** Part of a name, user name or address. */
  readonly search: string;
  readonly limit: number;
}

const PERSON = {
  id: true,
  name: true,
  username: true,
  email: true,
  role: true,
  banned: true,
  enrolments: { select: { runId: true, role: true, run: { select: { courseId: true } } } },
  authorships: { select: { courseId: true } },
} as const satisfies Prisma.UserSelect;

/** The people that fit, by name, and how many there are in all. */
export async function listPeople(
  tx: Tx,
  { runIds, search, limit }: PeopleFilter,
): Promise<{ readonly people: readonly ListedPerson[]; readonly total: number }> {
  const contains = { contains: search, mode: "insensitive" } as const;
  const where: Prisma.UserWhereInput = {
    ...(runIds === undefined ? {} : { enrolments: { some: { runId: { in: [...runIds] } } } }),
    ...(search === ""
      ? {}
      : { OR: [{ name: contains }, { username: contains }, { email: contains }] }),
  };
  const [total, users] = await Promise.all([
    tx.user.count({ where }),
    tx.user.findMany({
      where,
      select: PERSON,
      orderBy: [{ name: "asc" }, { id: "asc" }],
      take: limit,
    }),
  ]);
  return { total, people: users.map(listed) };
}

/** The person, whom nobody else's change meanwhile can make another one. */
export async function personForChange(tx: Tx, userId: string): Promise<ListedPerson | undefined> {
  await tx.$queryRaw`SELECT 1 FROM "User" WHERE "id" = ${userId} FOR UPDATE`;
  const user = await tx.user.findUnique({ where: { id: userId }, select: PERSON });
  return user === null ? undefined : listed(user);
}

/** The person with this user name or address. */
export async function personNamed(tx: Tx, name: string): Promise<ListedPerson | undefined> {
  const asked = name.trim().toLowerCase();
  const where = asked.includes("@") ? { email: asked } : { username: asked };
  const user = await tx.user.findUnique({ where, select: PERSON });
  return user === null ? undefined : listed(user);
}

/** The runs with these ids, or all; the newest first. */
export async function listRuns(tx: Tx, runIds?: readonly string[]): Promise<readonly Run[]> {
  return tx.courseRun.findMany({
    ...(runIds === undefined ? {} : { where: { id: { in: [...runIds] } } }),
    orderBy: { createdAt: "desc" },
    select: { id: true, slug: true, title: true },
  });
}

/** Gives the person the role in the run, or with undefined takes them out of it. */
export async function setRole(
  tx: Tx,
  key: { readonly userId: string; readonly runId: string },
  role: RunRole | undefined,
  actorId?: string,
): Promise<{ readonly closedLink: boolean }> {
  if (role === undefined) await tx.enrolment.deleteMany({ where: key });
  else {
    await lockSchedule(tx, key.runId);
    await tx.enrolment.upsert({
      where: { runId_userId: key },
      create: { ...key, role },
      update: { role },
    });
    // Other dates may hold for them now.
    await recomputeLate(tx, key.runId, { userIds: [key.userId], actorId });
  }
  const teaches = role === "ta" || role === "instructor";
  const closed = teaches ? await closePasswordLinks(tx, [key.userId]) : [];
  return { closedLink: closed.length > 0 };
}

/** Closes the account and ends its sessions, or opens it again. */
export async function setBanned(tx: Tx, userId: string, banned: boolean): Promise<void> {
  await tx.user.update({
    where: { id: userId },
    data: { banned, banReason: null, banExpires: null },
  });
  if (banned) await tx.session.deleteMany({ where: { userId } });
}

type StoredPerson = Prisma.UserGetPayload<{ select: typeof PERSON }>;

function listed(stored: StoredPerson): ListedPerson {
  const { id, name, username, email, role, banned, enrolments } = stored;
  return {
    userId: id,
    name,
    username: username ?? email,
    email,
    banned,
    isAdmin: role === "admin",
    roles: enrolments.map(({ runId, role: enrolled }) => ({ runId, role: enrolled })),
    courses: coursesOf(stored),
  };
}
