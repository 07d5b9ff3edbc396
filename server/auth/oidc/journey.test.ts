import { describe, expect, test, vi } from "vitest";
import {
  account,
  arrive,
  ORIGIN,
  ownProvider,
  provider,
  SUE,
  setEnvironment,
  settings,
} from "../../../tests/oidc-arrival.ts";
import { startProvider } from "../../../tests/oidc-provider.ts";
import { auth } from "../better-auth.ts";
import { beginOidc, connectPath, connectsWhom, endSessionUrl, finishOidc } from "./journey.ts";
import { oidcSettings } from "./settings.ts";
import { openTicket, sealTicket } from "./ticket.ts";

ownProvider();

describe("the way to the provider and back", () => {
  test("tells who came, with a code that is bound to this browser by PKCE, state and nonce", async () => {
    const begun = await beginOidc(settings(), { from: "/", connects: undefined }, new Headers());
    if (begun.kind !== "go") throw new Error(begun.kind);
    const asked = new URL(begun.url).searchParams;
    expect(asked.get("response_type")).toBe("code");
    expect(asked.get("code_challenge_method")).toBe("S256");
    expect(asked.get("redirect_uri")).toBe(`${ORIGIN}/signin/oidc/callback`);
    for (const name of ["state", "nonce", "code_challenge"])
      expect(asked.get(name)).toMatch(/^.{20,}/);
    expect(await arrive(SUE)).toMatchObject({
      kind: "known",
      identity: {
        issuer: provider().issuer,
        subject: "s-1",
        email: "sue@example.edu",
        isEmailVerified: true,
        name: "Sue Okafor",
        username: "sokafor",
      },
    });
  });

  test.each([
    { name: "post", isPost: true },
    { name: "claims in the ID token", inIdToken: true },
  ])("goes with a provider of another kind: $name", async ({ name: _, ...kind }) => {
    const other = await startProvider({ callback: `${ORIGIN}/signin/oidc/callback`, ...kind });
    setEnvironment(other);
    expect(await arrive(SUE, other)).toMatchObject({ kind: "known" });
    await other.close();
  });

  test("fails for a code that another browser was given, and for one that was used", async () => {
    provider().person = SUE;
    const begin = async () => {
      const begun = await beginOidc(settings(), { from: "/", connects: undefined }, new Headers());
      if (begun.kind !== "go") throw new Error(begun.kind);
      const ticket = openTicket(begun.ticket, new Date());
      if (ticket === undefined) throw new Error("no ticket");
      return { ticket, query: (await provider().visit(begun.url)).search };
    };
    const [one, two] = [await begin(), await begin()];
    expect(await finishOidc(settings(), one.query, two.ticket)).toEqual({ kind: "failed" });
    const planted = new URLSearchParams(one.query);
    planted.set("state", two.ticket.state);
    expect(await finishOidc(settings(), `?${planted}`, two.ticket)).toEqual({ kind: "failed" });
    const otherNonce = { ...two.ticket, nonce: one.ticket.nonce };
    expect(await finishOidc(settings(), two.query, otherNonce)).toEqual({ kind: "failed" });
    expect(await finishOidc(settings(), two.query, two.ticket)).toEqual({ kind: "failed" });
    expect(await finishOidc(settings(), "?code=x", one.ticket)).toEqual({ kind: "failed" });
  });

  test("ends where the person turns back, or the provider is away", async () => {
    expect(await arrive(undefined)).toEqual({ kind: "cancelled" });
    vi.stubEnv("KERNELBOOK_OIDC_ISSUER", "http://127.0.0.1:1");
    const begun = await beginOidc(settings(), { from: "/", connects: undefined }, new Headers());
    expect(begun).toEqual({ kind: "away" });
  });

  test("keeps a ticket that nobody else can make, change or use later", async () => {
    const now = new Date();
    const ticket = {
      state: "s",
      nonce: "n",
      verifier: "v",
      from: "/",
      until: now.getTime() + 1000,
    };
    const sealed = sealTicket(ticket);
    expect(openTicket(sealed, now)).toEqual(ticket);
    expect(sealed).not.toContain(Buffer.from("verifier").toString("base64url"));
    expect(openTicket(sealed, new Date(ticket.until))).toBeUndefined();
    const bytes = Buffer.from(sealed, "base64url");
    for (const at of [0, 13, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openTicket(changed.toString("base64url"), now)).toBeUndefined();
    }
    for (const nonsense of ["", "x", JSON.stringify(ticket)]) {
      expect(openTicket(nonsense, now)).toBeUndefined();
    }
  });

  test("knows where one signs out at the provider, too", async () => {
    const url = new URL((await endSessionUrl()) ?? "");
    expect(url.origin).toBe(provider().issuer);
    expect(url.searchParams.get("post_logout_redirect_uri")).toBe(`${ORIGIN}/signin`);
  });
});

describe("a link that connects", () => {
  async function sessionOf(userId: string): Promise<Headers> {
    const { headers } = await auth().api.enter({ body: { userId }, returnHeaders: true });
    return new Headers({ cookie: headers.getSetCookie()[0]?.split(";")[0] ?? "" });
  }
  const wordOf = (path = "") => new URL(path, ORIGIN).searchParams.get("connect") ?? "";

  test("works for the session whose page has it, for an hour", async () => {
    const sue = await account("sue@example.edu");
    const [here, there] = [await sessionOf(sue), await sessionOf(sue)];
    const now = new Date();
    const word = wordOf(await connectPath(here, now));
    expect(await connectsWhom(word, here, now)).toBe(sue);
    expect(await connectsWhom(word, there, now)).toBeUndefined();
    expect(await connectsWhom(word, here, new Date(now.getTime() + 3_600_000))).toBeUndefined();
    expect(await connectsWhom(word, new Headers(), now)).toBeUndefined();
    const longer = word.replace(/^\d+/, (until) => String(Number(until) + 1));
    for (const forged of [longer, "", "NaN.x", `${word}x`]) {
      expect(await connectsWhom(forged, here, now)).toBeUndefined();
    }
  });
});

describe("settings", () => {
  test.each([
    { set: { KERNELBOOK_OIDC_ISSUER: "login.example.edu" }, says: "KERNELBOOK_OIDC_ISSUER is" },
    { set: { KERNELBOOK_OIDC_ISSUER: "http://login.example.edu" }, says: "begins with https://" },
    { set: { KERNELBOOK_OIDC_CLIENT_ID: "" }, says: "KERNELBOOK_OIDC_CLIENT_ID is not set" },
    { set: { KERNELBOOK_ORIGIN: "" }, says: "KERNELBOOK_ORIGIN is not set" },
    {
      set: { KERNELBOOK_OIDC_ISSUER: "", KERNELBOOK_PASSWORDS: "0" },
      says: "nobody could sign in",
    },
    { set: { KERNELBOOK_OIDC_SIGNUP: "yes" }, says: "KERNELBOOK_OIDC_SIGNUP is yes" },
  ])("$set is refused", ({ set, says }) => {
    for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value);
    expect(() => oidcSettings()).toThrow(says);
    vi.stubEnv("KERNELBOOK_ORIGIN", ORIGIN);
    vi.stubEnv("KERNELBOOK_OIDC_SIGNUP", "");
    vi.stubEnv("KERNELBOOK_PASSWORDS", "1");
  });
});
