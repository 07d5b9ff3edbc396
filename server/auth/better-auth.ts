import { betterAuth } from "better-auth";
import { prismaAdapter } from "better-auth/adapters/prisma";
import { nextCookies } from "better-auth/next-js";
import { config } from "../config.ts";
import { db } from "../db/client.ts";
import { ADDRESS_HEADER } from "../operation/peer.ts";
import { enter } from "./enter.ts";

/** A session ends this long after its sign-in, in seconds. */
const SESSION_S = 14 * 24 * 60 * 60;

// One for the process: Next's bundles and the server around them each load this module anew.
const KEPT = Symbol.for("kernelbook.auth");
const kept = globalThis as { [KEPT]?: ReturnType<typeof create> };

/**
 * better-auth, which keeps sessions and their cookies. Its own routes are not served: whatever
 * changes an account is one of our actions, behind our policies, limits and origin check.
 */
export function auth(): ReturnType<typeof create> {
  kept[KEPT] ??= create();
  return kept[KEPT];
}

function create() {
  const { origin, secret } = config();
  return betterAuth({
    appName: "Kernelbook",
    baseURL: origin,
    secret,
    database: prismaAdapter(db(), { provider: "postgresql" }),
    // A page cannot renew a cookie while it is rendered: a session has one end from the beginning.
    session: { expiresIn: SESSION_S, disableSessionRefresh: true },
    // Limits are ours (attempts.ts): those of better-auth hold only for its own routes.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: "kernelbook",
      useSecureCookies: origin.startsWith("https:"),
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
    },
    logger: { level: "error" },
    telemetry: { enabled: false },
    plugins: [
      enter,
      nextCookies(), // the last one, since it passes on the cookies that the others have set
    ],
  });
}
