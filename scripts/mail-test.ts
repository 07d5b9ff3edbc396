/** `npm run mail:test -- YOU@EXAMPLE.EDU` sends one message with the site's settings, and says what came of it. */
import { randomUUID } from "node:crypto";
import { Email } from "../server/auth/names.ts";
import { ConfigError, config } from "../server/config.ts";
import { mailSettings } from "../server/mail/settings.ts";
import { openSmtp } from "../server/mail/smtp.ts";

const USAGE = "usage: npm run mail:test -- YOU@EXAMPLE.EDU";

process.exitCode = await main(process.argv[2] ?? "");

async function main(given: string): Promise<number> {
  const to = Email.safeParse(given);
  if (!to.success) return fail(USAGE, 2);
  try {
    return await sendTo(to.data);
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message, 2);
    throw error;
  }
}

async function sendTo(address: string): Promise<number> {
  const settings = mailSettings();
  if (settings === undefined) {
    return fail("The site sends no mail: KERNELBOOK_SMTP_URL is not set.", 2);
  }
  const { host, port, isTls, needsTls, login, from } = settings;
  const tls = isTls ? "TLS" : needsTls ? "STARTTLS" : "no TLS";
  console.log(`Server: ${host}:${port}, ${tls}, ${login ? `as ${login.user}` : "without a name"}`);
  console.log(`From:   ${from.address}`);
  const smtp = openSmtp(settings);
  try {
    const answer = await smtp.send({
      id: `${randomUUID()}@${new URL(config().origin).hostname}`,
      to: { name: "", address },
      subject: "Mail from Kernelbook works",
      text: `This message was sent to try the settings of ${config().origin}.\n`,
    });
    if (answer.kind === "refused") return fail(`The server refuses the message: ${answer.because}`);
    console.log(`The server has taken the message: ${answer.answer}`);
    return 0;
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return fail(`The message was not sent: ${because}\n${adviceOf(error)}`);
  } finally {
    smtp.close();
  }
}

function adviceOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "EAUTH":
      return "Check name and password in KERNELBOOK_SMTP_URL; signs like @ / : are written %40 %2F %3A.";
    case "ETLS":
      return "The server offers no STARTTLS: use smtps:// if it speaks TLS, or ?tls=none inside your own network.";
    case "EDNS":
    case "ECONNECTION":
    case "ESOCKET":
    case "ETIMEDOUT":
      return "Check host and port in KERNELBOOK_SMTP_URL, and that this machine may reach them.";
    default:
      return "Check KERNELBOOK_SMTP_URL.";
  }
}

function fail(message: string, code = 1): number {
  console.error(message);
  return code;
}
