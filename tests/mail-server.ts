/** A mail server that keeps what it is sent, and refuses what a test tells it to. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** By their names in small letters; a header that comes twice is there with both. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Decoded. */
  readonly text: string;
}

export interface MailServer {
  /** As `KERNELBOOK_SMTP_URL`. */
  readonly url: string;
  readonly received: ReceivedMail[];
  /** What the server answers to a recipient; undefined: it takes the mail. */
  refuse:
    | ((address: string) => { readonly code: number; readonly says: string } | undefined)
    | undefined;
  /** Its answer to a mail that it has taken is lost: it asks to come again. */
  losesAnswer: boolean;
  readonly close: () => Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onRcptTo: ({ address }, _session, done) => {
      const refusal = mail.refuse?.(address);
      if (refusal === undefined) return done();
      done(Object.assign(new Error(refusal.says), { responseCode: refusal.code }));
    },
    onData: (stream, { envelope }, done) => {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        received.push({ from, to, ...parse(Buffer.concat(pieces).toString("utf8")) });
        const lost = Object.assign(new Error("try later"), { responseCode: 451 });
        done(mail.losesAnswer ? lost : null);
      });
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  const mail: MailServer = {
    url: `smtp://127.0.0.1:${port}`,
    received,
    refuse: undefined,
    losesAnswer: false,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
  return mail;
}

function parse(raw: string): Pick<ReceivedMail, "headers" | "text"> {
  const end = raw.indexOf("\r\n\r\n");
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(":")).toLowerCase();
    headers.set(name, [
      ...(headers.get(name) ?? []),
      decodeWords(line.slice(name.length + 1).trim()),
    ]);
  }
  const body = raw.slice(end + 4);
  const encoding = headers.get("content-transfer-encoding")?.[0];
  const text =
    encoding === "quoted-printable"
      ? decodeQuoted(body)
      : encoding === "base64"
        ? Buffer.from(body, "base64").toString("utf8")
        : body;
  return { headers, text: text.replace(/\r\n/g, "\n") };
}

/** RFC 2047, as far as this site writes it. */
function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toUpperCase() === "B"
        ? Buffer.from(word, "base64").toString("utf8")
        : decodeQuoted(word.replaceAll("_", " ")),
    );
}

function decodeQuoted(text: string): string {
  const bytes = text
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
