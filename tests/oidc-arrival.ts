/** People who come to a site by its OIDC provider. */
import { afterAll, beforeAll, beforeEach, vi } from "vitest";
import { createAccount } from "../server/auth/create-account.ts";
import { type EnterResult, enterByOidc } from "../server/auth/oidc/identity.ts";
import { beginOidc, type FinishResult, finishOidc } from "../server/auth/oidc/journey.ts";
import { type OidcSettings, oidcSettings } from "../server/auth/oidc/settings.ts";
import { openTicket } from "../server/auth/oidc/ticket.ts";
import { db, transaction } from "../server/db/index.ts";
import { ownDatabase } from "./database.ts";
import { type ProviderPerson, startProvider, type TestProvider } from "./oidc-provider.ts";

export const ORIGIN = "https://os.example.edu";
let started: TestProvider | undefined;

/** The provider that the file's tests sign in by. */
export function provider(): TestProvider {
  if (started === undefined) throw new Error("no provider");
  return started;
}

/** A site with a provider of its own and nobody in it before each test. */
export function ownProvider(): void {
  vi.stubEnv("KERNELBOOK_SECRET", "a-secret-that-only-tests-ever-use");
  vi.stubEnv("KERNELBOOK_ORIGIN", ORIGIN);
  vi.stubEnv("KERNELBOOK_DEMO", "0");
  ownDatabase();
  beforeAll(async () => {
    started = await startProvider({ callback: `${ORIGIN}/signin/oidc/callback` });
  });
  afterAll(() => started?.close());
  beforeEach(async () => {
    setEnvironment(provider());
    await db().courseRun.deleteMany();
    await db().course.deleteMany();
    await db().user.deleteMany();
  });
}

/** Lets the site believe in this one. */
export function setEnvironment({ issuer, clientId, clientSecret }: TestProvider): void {
  vi.stubEnv("KERNELBOOK_OIDC_ISSUER", issuer);
  vi.stubEnv("KERNELBOOK_OIDC_CLIENT_ID", clientId);
  vi.stubEnv("KERNELBOOK_OIDC_CLIENT_SECRET", clientSecret);
}

/** Those of the site as it is set now. */
export function settings(): OidcSettings {
  const set = oidcSettings();
  if (set === undefined) throw new Error("no provider");
  return set;
}

export const SUE: ProviderPerson = {
  sub: "s-1",
  email: "sue@example.edu",
  email_verified: true,
  name: "Sue Okafor",
  preferred_username: "sokafor",
};

/** What the site learns from the provider when this person comes by it. */
export async function arrive(
  person: ProviderPerson | undefined,
  at = provider(),
): Promise<FinishResult> {
  at.person = person;
  const begun = await beginOidc(settings(), { from: "/", connects: undefined }, new Headers());
  if (begun.kind !== "go") throw new Error(begun.kind);
  const ticket = openTicket(begun.ticket, new Date());
  if (ticket === undefined) throw new Error("no ticket");
  return finishOidc(settings(), (await at.visit(begun.url)).search, ticket);
}

/** Signs the person in, or says why not. */
export async function enter(person: ProviderPerson, mayMakeAccount = false): Promise<EnterResult> {
  const found = await arrive(person);
  if (found.kind !== "known") throw new Error(found.kind);
  return enterByOidc(found.identity, { mayMakeAccount }, new Headers());
}

/** Made by the staff, unless said otherwise. */
export async function account(email: string, { isAddressVouchedFor = true } = {}): Promise<string> {
  const username = email.split("@")[0] ?? "";
  const made = await transaction((tx) =>
    createAccount(tx, {
      name: "Sue",
      username,
      email,
      password: "a password",
      isAddressVouchedFor,
    }),
  );
  if (made.kind !== "created") throw new Error(made.kind);
  return made.userId;
}

/** Into a new run of a new course, whose id it answers. */
export async function enrol(
  userId: string,
  role: "student" | "ta" | "instructor",
): Promise<string> {
  const course = await db().course.create({ data: { slug: crypto.randomUUID(), title: "OS" } });
  const data = { courseId: course.id, slug: crypto.randomUUID(), title: "Autumn" };
  const run = await db().courseRun.create({ data });
  await db().enrolment.create({ data: { runId: run.id, userId, role } });
  return course.id;
}
