import { ConfigError, config } from "../../config.ts";

/** Who tells the site by OpenID Connect who somebody is. */
export interface OidcSettings {
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** What people know it by. */
  readonly name: string;
  readonly allowsSignUp: boolean;
  /** Where it sends people back to. */
  readonly callback: string;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** What the operator has set about it; undefined: there is none. */
export function oidcSettings(): OidcSettings | undefined {
  const { oidcIssuer, oidcClientId, oidcClientSecret, oidcName, allowsOidcSignUp } = config();
  const { allowsPasswords, hasOwnOrigin, origin } = config();
  if (oidcIssuer === undefined) {
    if (allowsPasswords) return undefined;
    throw new ConfigError(
      "KERNELBOOK_PASSWORDS is 0 and KERNELBOOK_OIDC_ISSUER is not set: nobody could sign in; set the issuer, or leave passwords on",
    );
  }
  const issuer = issuerOf(oidcIssuer);
  if (oidcClientId === undefined) {
    throw new ConfigError(
      "KERNELBOOK_OIDC_CLIENT_ID is not set: write the id that the provider has given to this site",
    );
  }
  if (!hasOwnOrigin) {
    throw new ConfigError(
      "KERNELBOOK_ORIGIN is not set: the provider sends people back to one address only, as https://os.example.edu",
    );
  }
  return {
    issuer,
    clientId: oidcClientId,
    clientSecret: oidcClientSecret,
    name: oidcName ?? issuer.hostname,
    allowsSignUp: allowsOidcSignUp,
    callback: `${origin}/signin/oidc/callback`,
  };
}

/** Whether people may sign in by a password of this site. */
export function allowsPasswords(): boolean {
  return config().allowsPasswords;
}

/** Whether only this machine can listen to what is said to it. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.test(hostname);
}

function issuerOf(asked: string): URL {
  const url = URL.canParse(asked) ? new URL(asked) : undefined;
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
  if (url !== undefined && isSafe && url.search === "" && url.hash === "") return url;
  throw new ConfigError(
    `KERNELBOOK_OIDC_ISSUER is ${asked}: write the provider’s issuer, which begins with https://, as https://login.example.edu/realms/students`,
  );
}
