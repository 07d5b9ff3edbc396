/** The provider's own description of itself, looked up by its issuer's address. */
import * as client from "openid-client";
import { log } from "../../operation/log.ts";
import { isLoopback, type OidcSettings, oidcSettings } from "./settings.ts";

/** Keys and addresses of a provider change, but seldom. */
const KEPT_MS = 60 * 60 * 1000;
const TIMEOUT_S = 10;
/** Clocks of two machines differ by a little. */
const TOLERANCE_S = 30;

interface Known {
  readonly key: string;
  readonly since: number;
  readonly configuration: Promise<client.Configuration>;
}

// One for the process: Next's bundles and the server around them each load this module anew.
const KEPT = Symbol.for("kernelbook.oidc");
const kept = globalThis as { [KEPT]?: Known };

/** Throws when the provider cannot be reached, or is not who it should be. */
export function providerOf(settings: OidcSettings): Promise<client.Configuration> {
  const key = [settings.issuer.href, settings.clientId, settings.clientSecret].join("\0");
  const known = kept[KEPT];
  if (known?.key === key && performance.now() - known.since < KEPT_MS) return known.configuration;
  const configuration = discover(settings);
  const looked: Known = { key, since: performance.now(), configuration };
  kept[KEPT] = looked;
  // The next one who asks tries again.
  configuration.catch(() => {
    if (kept[KEPT] === looked) delete kept[KEPT];
  });
  return configuration;
}

/** Looks the provider up when the site starts, so that a wrong setting is told at once. */
export async function warmOidc(): Promise<() => Promise<void>> {
  const settings = oidcSettings();
  if (settings !== undefined) {
    providerOf(settings).catch((error: Error) => {
      const issuer = settings.issuer.href;
      log.warn({ issuer, because: error.message }, "the OpenID provider cannot be used yet");
    });
  }
  return async () => undefined;
}

async function discover(settings: OidcSettings): Promise<client.Configuration> {
  const { issuer, clientId, clientSecret } = settings;
  const local = isLoopback(issuer) ? [client.allowInsecureRequests] : [];
  const found = await client.discovery(issuer, clientId, undefined, client.None(), {
    execute: local,
    timeout: TIMEOUT_S,
  });
  const server = found.serverMetadata();
  const configuration = new client.Configuration(
    server,
    clientId,
    { [client.clockTolerance]: TOLERANCE_S },
    proofOf(clientSecret, server.token_endpoint_auth_methods_supported),
  );
  configuration.timeout = TIMEOUT_S;
  // The ID token's signature counts, not only that it came from the right address.
  for (const set of [...local, client.enableNonRepudiationChecks]) set(configuration);
  return configuration;
}

/** By which the provider knows that it is this site which asks. */
function proofOf(
  secret: string | undefined,
  methods: readonly string[] = ["client_secret_basic"],
): client.ClientAuth {
  if (secret === undefined) return client.None();
  return methods.includes("client_secret_basic")
    ? client.ClientSecretBasic(secret)
    : client.ClientSecretPost(secret);
}
