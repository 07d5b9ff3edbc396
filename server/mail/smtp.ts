/** The way to the mail server. */
import { createTransport } from "nodemailer";
import { Email } from "../auth/names.ts";
import type { MailAddress, MailSettings } from "./settings.ts";

/** A message in plain text; nothing in it is ever markup. */
export interface Message {
  /** The same at each try, so that a message that comes twice is seen to be one. */
  readonly id: string;
  readonly to: MailAddress;
  readonly subject: string;
  readonly text: string;
  /** Ids of messages that it belongs with. */
  readonly references?: readonly string[];
  /** The page by which its reader gets no more of these. */
  readonly stopUrl?: string | undefined;
}

export type SendResult =
  | { readonly kind: "accepted"; readonly answer: string }
  /** For good: the same message would be refused again. */
  | { readonly kind: "refused"; readonly because: string };

export interface Smtp {
  /** Throws when the server cannot be reached, or asks to come again. */
  readonly send: (message: Message) => Promise<SendResult>;
  /** Throws unless the server can be reached and lets the site in. */
  readonly verify: () => Promise<void>;
  readonly close: () => void;
}

/** Together less than a transaction that waits for them may take. */
const CONNECT_MS = 10_000;
const SILENCE_MS = 20_000;

export function openSmtp(settings: MailSettings): Smtp {
  const { host, port, isTls, needsTls, login, from, replyTo } = settings;
  const transport = createTransport({
    pool: true,
    maxConnections: 1,
    // Tries are counted in the database.
    maxRequeues: 0,
    host,
    port,
    secure: isTls,
    requireTLS: needsTls,
    ignoreTLS: !isTls && !needsTls,
    ...(login === undefined ? {} : { auth: login }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // A connection that ends between two messages is no fault.
  transport.on("error", () => undefined);
  const send = async ({ id, to, subject, text, references = [], stopUrl }: Message) => {
    // The mailer takes apart what it is given: two addresses must not come out of one.
    if (!Email.safeParse(to.address).success) {
      return { kind: "refused", because: "this is no address that mail can go to" } as const;
    }
    try {
      const { response } = await transport.sendMail({
        envelope: { from: from.address, to: [to.address] },
        messageId: `<${id}>`,
        from: { ...from, name: oneLine(from.name) },
        to: { ...to, name: oneLine(to.name) },
        ...(replyTo === undefined ? {} : { replyTo: { ...replyTo, name: oneLine(replyTo.name) } }),
        subject: oneLine(subject),
        text,
        ...(references.length === 0 ? {} : { references: references.map((one) => `<${one}>`) }),
        headers: {
          "Auto-Submitted": "auto-generated",
          ...(stopUrl === undefined ? {} : { "List-Unsubscribe": `<${stopUrl}>` }),
        },
      });
      return { kind: "accepted", answer: response } as const;
    } catch (error) {
      const because = refusalOf(error);
      if (because === undefined) throw error;
      return { kind: "refused", because } as const;
    }
  };
  return {
    send,
    verify: async () => {
      await transport.verify();
    },
    close: () => transport.close(),
  };
}

/** In a header one line is one line, and runs from left to right. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/[\u202A-\u202E\u2066-\u2069]/g, "")
    .trim();
}

/** What the server says of the recipient or the message, when it says it for good. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const isAboutMessage = code === "EENVELOPE" || code === "EMESSAGE";
  const isForGood = typeof responseCode === "number" && responseCode >= 500;
  return isAboutMessage && isForGood ? error.message : undefined;
}
