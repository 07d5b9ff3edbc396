/** To the provider and back: authorization code, PKCE, state and nonce. */
import { createHmac, timingSafeEqual } from "node:crypto";
import * as client from "openid-client";
import { config } from "../../config.ts";
import { log } from "../../operation/log.ts";
import { ADDRESS_HEADER } from "../../operation/peer.ts";
import { type AttemptRule, countAttempt } from "../attempts.ts";
import { auth } from "../better-auth.ts";
import type { Identity } from "./identity.ts";
import { providerOf } from "./provider.ts";
import { type OidcSettings, oidcSettings } from "./settings.ts";
import { sealTicket, TICKET_S, type Ticket } from "./ticket.ts";

/** A whole lecture hall behind one address. */
const RULE: AttemptRule = { tries: 600, pauseS: 60 };
/** So long a link to connect works after the page with it was made. */
const CONNECT_S = 60 * 60;

export type BeginResult =
  | { readonly kind: "go"; readonly url: string; readonly ticket: string }
  /** The provider does not answer. */
  | { readonly kind: "away" }
  | { readonly kind: "paused" };

/** Where the browser is sent, and what it keeps meanwhile. */
export async function beginOidc(
  settings: OidcSettings,
  { from, connects }: Pick<Ticket, "from" | "connects">,
  headers: Headers,
  now = new Date(),
): Promise<BeginResult> {
  const attempt = await countAttempt(`oidc:${headers.get(ADDRESS_HEADER) ?? ""}`, RULE, now);
  if (attempt.kind === "paused") return attempt;
  const provider = await providerOf(settings).catch(report);
  if (provider === undefined) return { kind: "away" };
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(provider, {
    redirect_uri: settings.callback,
    scope: "openid email profile",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const until = now.getTime() + TICKET_S * 1000;
  const ticket = sealTicket({ state, nonce, verifier, from, connects, until });
  return { kind: "go", url: url.href, ticket };
}

export type FinishResult =
  | { readonly kind: "known"; readonly identity: Identity }
  /** The person has turned back at the provider. */
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed" };

/** Who the provider says that it is. `query` is what the browser brings back. */
export async function finishOidc(
  settings: OidcSettings,
  query: string,
  ticket: Ticket,
): Promise<FinishResult> {
  try {
    const provider = await providerOf(settings);
    const tokens = await client.authorizationCodeGrant(
      provider,
      new URL(`${settings.callback}${query}`),
      {
        pkceCodeVerifier: ticket.verifier,
        expectedState: ticket.state,
        expectedNonce: ticket.nonce,
        idTokenExpected: true,
      },
    );
    const claims = tokens.claims();
    if (claims === undefined) return { kind: "failed" };
    // Some providers tell the address only when they are asked for it.
    const more =
      claims["email"] === undefined && provider.serverMetadata().userinfo_endpoint !== undefined
        ? await client.fetchUserInfo(provider, tokens.access_token, claims.sub)
        : {};
    const said: Readonly<Record<string, unknown>> = { ...more, ...claims };
    return { kind: "known", identity: identityOf(claims.iss, claims.sub, said) };
  } catch (error) {
    if (error instanceof client.AuthorizationResponseError && error.error === "access_denied") {
      return { kind: "cancelled" };
    }
    report(error);
    return { kind: "failed" };
  }
}

function identityOf(
  issuer: string,
  subject: string,
  said: Readonly<Record<string, unknown>>,
): Identity {
  const text = (name: string) => {
    const value = said[name];
    return typeof value === "string" ? value : "";
  };
  return {
    issuer,
    subject,
    email: text("email"),
    // Exactly true: what a provider does not vouch for is worth nothing.
    isEmailVerified: said["email_verified"] === true,
    name: text("name") || `${text("given_name")} ${text("family_name")}`.trim(),
    username: text("preferred_username"),
  };
}

/** Where a person signs out at the provider, too; undefined: it has no such page, or is away. */
export async function endSessionUrl(): Promise<string | undefined> {
  const settings = oidcSettings();
  if (settings === undefined) return undefined;
  const provider = await providerOf(settings).catch(report);
  if (provider?.serverMetadata().end_session_endpoint === undefined) return undefined;
  const back = `${config().origin}/signin`;
  return client.buildEndSessionUrl(provider, { post_logout_redirect_uri: back }).href;
}

/**
 * The path by which somebody connects their account. Only a page of this site knows it: another
 * site's link could connect the account with somebody else's sign-in.
 */
export async function connectPath(headers: Headers, now = new Date()): Promise<string | undefined> {
  const found = await auth().api.getSession({ headers });
  if (found === null) return undefined;
  const until = now.getTime() + CONNECT_S * 1000;
  const word = `${until}.${macOf(found.session.id, until)}`;
  return `/signin/oidc?connect=${encodeURIComponent(word)}`;
}

/** Whose account the link connects; undefined: it was not made for this session, or is too old. */
export async function connectsWhom(
  word: string,
  headers: Headers,
  now = new Date(),
): Promise<string | undefined> {
  const found = await auth().api.getSession({ headers });
  const [until = "", mac = ""] = word.split(".");
  if (found === null || !(Number(until) > now.getTime())) return undefined;
  const wanted = Buffer.from(macOf(found.session.id, Number(until)));
  const given = Buffer.from(mac);
  const isRight = wanted.length === given.length && timingSafeEqual(wanted, given);
  return isRight ? found.user.id : undefined;
}

function macOf(sessionId: string, until: number): string {
  const mac = createHmac("sha256", config().secret).update(`oidc-connect\0${sessionId}\0${until}`);
  return mac.digest("base64url");
}

function report(error: unknown): undefined {
  const because = error instanceof Error ? `${error.message} ${causeOf(error)}`.trim() : "";
  log.warn({ because }, "sign-in by the OpenID provider failed");
  return undefined;
}

/** What the provider itself said; never a code or a token. */
function causeOf({ cause }: Error): string {
  if (cause instanceof Error) return cause.message;
  const said = cause as { error?: unknown; error_description?: unknown } | undefined;
  return [said?.error, said?.error_description]
    .filter((part) => typeof part === "string")
    .join(": ");
}
