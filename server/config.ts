/**
 * What the operator has set, read from the environment in this one place. Read again at each call,
 * since the web process adds what it found out itself (the embedded database, its secret).
 */
export interface Config {
  /** The port that the site listens on. */
  readonly port: number;
  /** The address that the site listens on; every one when undefined. */
  readonly host: string | undefined;
  /** Where readers see the site, without a slash at the end: `https://os.example.edu`. */
  readonly origin: string;
  /** The operator has set the origin; else the site goes by any name that it is reached under. */
  readonly hasOwnOrigin: boolean;
  /** A PostgreSQL that somebody else runs; undefined: the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Demo accounts exist and the sign-in page offers them. */
  readonly isDemo: boolean;
  /** Signs sessions and derives the seeds of hidden tests. */
  readonly secret: string;
  /** A proxy in front sets `X-Forwarded-For` and its like; without one they are not believed. */
  readonly isBehindProxy: boolean;
  /** Opens `/metrics` to others than this machine. */
  readonly metricsToken: string | undefined;
  /** Graders in the web process; 0 when `npm run grader` does that work elsewhere. */
  readonly graders: number;
  /** The folder of the course: `lectures/` lies in it. */
  readonly courseDir: string | undefined;
  /** Where the embedded database keeps its files. */
  readonly dataDir: string | undefined;
  readonly logLevel: string;
  /** The server that takes mail, as `smtps://name:password@mail.example.edu`; undefined: none is sent. */
  readonly smtpUrl: string | undefined;
  /** Whom the site's mail is from, as `Operating Systems <os@example.edu>`. */
  readonly mailFrom: string | undefined;
  /** Where answers to it go; undefined: to `mailFrom`. */
  readonly mailReplyTo: string | undefined;
  /** Who tells by OpenID Connect who somebody is, as `https://login.example.edu`; undefined: nobody. */
  readonly oidcIssuer: string | undefined;
  readonly oidcClientId: string | undefined;
  /** Undefined: the site is a public client. */
  readonly oidcClientSecret: string | undefined;
  /** What people know it by: *Sign in with NAME*. */
  readonly oidcName: string | undefined;
  /** Whoever it knows may have an account. */
  readonly allowsOidcSignUp: boolean;
  /** People may sign in by a password of this site. */
  readonly allowsPasswords: boolean;
}

/** The environment is wrong; the message says which variable and what to write. */
export class ConfigError extends Error {}

export function config(): Config {
  const env = process.env;
  const port = wholeNumber("PORT", env["PORT"], 3000, 65_535);
  return {
    port,
    host: text(env["HOST"]),
    origin: originOf(text(env["KERNELBOOK_ORIGIN"]) ?? `http://localhost:${port}`),
    hasOwnOrigin: text(env["KERNELBOOK_ORIGIN"]) !== undefined,
    databaseUrl: text(env["DATABASE_URL"]),
    isDemo: isDemo(env),
    secret: text(env["KERNELBOOK_SECRET"]) ?? "",
    isBehindProxy: isOn("KERNELBOOK_PROXY", env["KERNELBOOK_PROXY"], false),
    metricsToken: text(env["KERNELBOOK_METRICS_TOKEN"]),
    graders: wholeNumber("KERNELBOOK_GRADERS", env["KERNELBOOK_GRADERS"], 1, 64),
    courseDir: text(env["COURSE_DIR"]),
    dataDir: text(env["KERNELBOOK_DATA"]),
    logLevel: text(env["KERNELBOOK_LOG"]) ?? "info",
    smtpUrl: text(env["KERNELBOOK_SMTP_URL"]),
    mailFrom: text(env["KERNELBOOK_MAIL_FROM"]),
    mailReplyTo: text(env["KERNELBOOK_MAIL_REPLY_TO"]),
    oidcIssuer: text(env["KERNELBOOK_OIDC_ISSUER"]),
    oidcClientId: text(env["KERNELBOOK_OIDC_CLIENT_ID"]),
    oidcClientSecret: text(env["KERNELBOOK_OIDC_CLIENT_SECRET"]),
    oidcName: text(env["KERNELBOOK_OIDC_NAME"]),
    allowsOidcSignUp: isOn("KERNELBOOK_OIDC_SIGNUP", env["KERNELBOOK_OIDC_SIGNUP"], false),
    allowsPasswords: isOn("KERNELBOOK_PASSWORDS", env["KERNELBOOK_PASSWORDS"], true),
  };
}

/**
 * The root of the checkout: every command is run there. Not worked out from a module's own place,
 * which is another one once Next has bundled it.
 */
export function checkout(): string {
  return process.cwd();
}

/** Adds what the web process found out itself, for everything that reads `config()` later. */
export function remember(found: {
  databaseUrl?: string;
  secret?: string;
  isDemo?: boolean;
  port?: number;
}): void {
  if (found.databaseUrl !== undefined) process.env["DATABASE_URL"] = found.databaseUrl;
  if (found.secret !== undefined) process.env["KERNELBOOK_SECRET"] = found.secret;
  if (found.isDemo !== undefined) process.env["KERNELBOOK_DEMO"] = found.isDemo ? "1" : "0";
  if (found.port !== undefined) process.env["PORT"] = String(found.port);
}

/** Next reports its use to its makers unless told not to. */
export function disableTelemetry(): void {
  process.env["NEXT_TELEMETRY_DISABLED"] = "1";
}

/** A database of the operator's own holds real people: demo accounts only when asked for. */
function isDemo(env: NodeJS.ProcessEnv): boolean {
  const isOwnDatabase = text(env["DATABASE_URL"]) !== undefined;
  return isOn("KERNELBOOK_DEMO", env["KERNELBOOK_DEMO"], !isOwnDatabase);
}

function originOf(asked: string): string {
  const url = URL.canParse(asked) ? new URL(asked) : undefined;
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/";
  if (isOrigin) return url.origin;
  throw new ConfigError(
    `KERNELBOOK_ORIGIN is ${asked}: write where readers see the site, as in https://os.example.edu`,
  );
}

function isOn(name: string, given: string | undefined, fallback: boolean): boolean {
  const asked = text(given);
  if (asked === undefined) return fallback;
  if (asked === "1" || asked === "0") return asked === "1";
  throw new ConfigError(`${name} is ${asked}: write 1 or 0`);
}

function wholeNumber(
  name: string,
  given: string | undefined,
  fallback: number,
  max: number,
): number {
  const asked = text(given);
  if (asked === undefined) return fallback;
  const value = Number(asked);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new ConfigError(`${name} is ${asked}: write a whole number from 0 to ${max}`);
}

function text(given: string | undefined): string | undefined {
  const trimmed = given?.trim();
  return trimmed === "" ? undefined : trimmed;
}
