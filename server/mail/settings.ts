import { ConfigError, config } from "../config.ts";

/** A name and an address, kept apart: nothing has to be parsed out of them again. */
export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** How mail leaves the site. */
export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else the connection is upgraded. */
  readonly isTls: boolean;
  /** Nothing is sent over a connection that is not encrypted, but to this machine. */
  readonly needsTls: boolean;
  readonly login: { readonly user: string; readonly pass: string } | undefined;
  readonly from: MailAddress;
  readonly replyTo: MailAddress | undefined;
}

const EXAMPLE = "smtps://name:password@mail.example.edu";
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

/** What the operator has set about mail; undefined: the site sends none. */
export function mailSettings(): MailSettings | undefined {
  const { smtpUrl, mailFrom, mailReplyTo } = config();
  if (smtpUrl === undefined) return undefined;
  if (mailFrom === undefined) {
    throw new ConfigError(
      "KERNELBOOK_MAIL_FROM is not set: say whom the site’s mail is from, as in Operating Systems <os@example.edu>",
    );
  }
  return {
    ...serverOf(smtpUrl),
    from: addressOf("KERNELBOOK_MAIL_FROM", mailFrom),
    replyTo:
      mailReplyTo === undefined ? undefined : addressOf("KERNELBOOK_MAIL_REPLY_TO", mailReplyTo),
  };
}

/** Whether the site sends mail. */
export function sendsMail(): boolean {
  return mailSettings() !== undefined;
}

function serverOf(asked: string): Omit<MailSettings, "from" | "replyTo"> {
  const url = URL.canParse(asked) ? new URL(asked) : undefined;
  // The address is not repeated: a password may stand in it.
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === "") {
    throw new ConfigError(
      `KERNELBOOK_SMTP_URL is not the address of a mail server: write it as ${EXAMPLE}, or smtp://… for a server that upgrades to TLS; signs like @ / : in name and password as %40 %2F %3A`,
    );
  }
  const tls = url.searchParams.get("tls");
  if (tls !== null && tls !== "none") {
    throw new ConfigError(
      "KERNELBOOK_SMTP_URL says ?tls= something else than none: leave it out, or write none for a server in your own network that knows no TLS",
    );
  }
  const isTls = url.protocol === "smtps:";
  const user = decoded(url.username);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (isTls ? 465 : 587) : Number(url.port),
    isTls,
    needsTls: !isTls && tls !== "none" && !LOOPBACK.test(url.hostname),
    login: user === "" ? undefined : { user, pass: decoded(url.password) },
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ConfigError(
      "KERNELBOOK_SMTP_URL has a % in name or password that means nothing: write the sign % as %25",
    );
  }
}

/** `Name <address>` or an address alone. */
function addressOf(variable: string, given: string): MailAddress {
  const parts = /^(?:(?<name>[^<>\r\n]*)<)?(?<address>[^\s<>@]+@[^\s<>@]+)>?$/.exec(given.trim());
  const address = parts?.groups?.["address"];
  if (address === undefined) {
    throw new ConfigError(
      `${variable} is ${given}: write a name and an address, as in Operating Systems <os@example.edu>`,
    );
  }
  const name = (parts?.groups?.["name"] ?? "").trim().replace(/^"|"$/g, "");
  return { name, address };
}
