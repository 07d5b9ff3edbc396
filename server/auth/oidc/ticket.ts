/** What a browser keeps while its person is at the provider: sealed, so that only this site can have made it. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import * as z from "zod";
import { config } from "../../config.ts";

const Ticket = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** Where the person goes on to. */
  from: z.string(),
  /** Whose account is to be connected; undefined: somebody signs in. */
  connects: z.string().optional(),
  /** In ms since 1970. */
  until: z.number(),
});
export type Ticket = z.infer<typeof Ticket>;

/** So long somebody may take at the provider, in seconds. */
export const TICKET_S = 15 * 60;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function ticketCookie(): { readonly name: string; readonly isSecure: boolean } {
  const isSecure = config().origin.startsWith("https:");
  // With this name browsers take it from no other host and over TLS alone.
  return { name: isSecure ? "__Host-kernelbook.oidc" : "kernelbook.oidc", isSecure };
}

export function sealTicket(ticket: Ticket): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key(), iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(ticket), "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** undefined: it is not one of this site's, or too old. */
export function openTicket(given: string, now: Date): Ticket | undefined {
  const bytes = Buffer.from(given, "base64url");
  if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key(), bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const sealed = bytes.subarray(IV_BYTES + TAG_BYTES);
    const text = Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8");
    const ticket = Ticket.parse(JSON.parse(text));
    return ticket.until > now.getTime() ? ticket : undefined;
  } catch {
    return undefined;
  }
}

function key(): Buffer {
  return Buffer.from(hkdfSync("sha256", config().secret, "", "kernelbook oidc ticket", 32));
}
