/**
 * Links to a moment of a cell's machine: its text as it was edited, the seed, and the event, in the address behind `#`, which
 * no server sees. What comes in by such a link is somebody else's: it is checked here, and run only when the reader says so.
 */

import * as z from "zod/mini";

const PREFIX = "#moment=";
/** Of the packed text, and of what it unpacks to. */
const MOST_PACKED = 16_000;
const MOST_TEXT = 64_000;

const count = z.int().check(z.minimum(0), z.maximum(2 ** 31));

const momentShape = z.object({
  v: z.literal(1),
  cell: z.string().check(z.regex(/^[\w.-]{1,64}$/)),
  source: z.string().check(z.maxLength(MOST_TEXT)),
  seed: z.int(),
  machine: count,
  event: count,
});

export interface LinkedMoment {
  readonly cell: string;
  readonly source: string;
  readonly seed: number;
  readonly machine: number;
  readonly event: number;
}

/** The part of an address behind the path; undefined for a text that is too long for one. */
export async function packMoment(moment: LinkedMoment): Promise<string | undefined> {
  const text = JSON.stringify({ v: 1, ...moment });
  if (text.length > MOST_TEXT) return undefined;
  const packed = await piped(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  const letters = base64url(packed ?? new Uint8Array());
  return letters.length > MOST_PACKED ? undefined : `${PREFIX}${letters}`;
}

/** What an address carries; undefined for anything that no honest link holds. */
export async function unpackMoment(hash: string): Promise<LinkedMoment | undefined> {
  if (!hash.startsWith(PREFIX) || hash.length > PREFIX.length + MOST_PACKED) return undefined;
  const packed = fromBase64url(hash.slice(PREFIX.length));
  if (packed === undefined) return undefined;
  const bytes = await piped(packed, new DecompressionStream("deflate-raw"));
  if (bytes === undefined) return undefined;
  try {
    const parsed = momentShape.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    if (!parsed.success) return undefined;
    const { v: _, ...moment } = parsed.data;
    return moment;
  } catch {
    return undefined;
  }
}

/** At most so many bytes: a small text can unpack to a very large one. */
async function piped(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
): Promise<Uint8Array | undefined> {
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > 4 * MOST_TEXT) {
        await reader.cancel();
        return undefined;
      }
      pieces.push(value);
    }
  } catch {
    return undefined;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function base64url(bytes: Uint8Array): string {
  let letters = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    letters += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64url(letters: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(letters)) return undefined;
  try {
    const text = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
