/**
 * One page as many readers get it, packed once. Each answer has words of its own: a nonce for its
 * scripts, the name of who reads. The pieces between their places are packed so that none refers
 * to another, and the words are put between them unpacked.
 */
import { constants, crc32, createDeflateRaw } from "node:zlib";

export interface KeptPage {
  /** How often each word stood in it. */
  readonly counts: readonly number[];
  /** What is sent to who cannot unpack, each word replaced by the one of `own` in its place. */
  readonly plain: (own: readonly string[]) => Buffer;
  readonly gzip: (own: readonly string[]) => Buffer;
}

/** Keeps the text of a page in which these words, of letters and digits, are to be replaced. */
export async function keepPage(text: string, words: readonly string[]): Promise<KeptPage> {
  // Every other piece is one of the words.
  const split = text.split(new RegExp(`(${words.join("|")})`));
  const pieces = split.filter((_, place) => place % 2 === 0).map((piece) => Buffer.from(piece));
  const between = split.filter((_, place) => place % 2 === 1).map((word) => words.indexOf(word));
  const packed = await packApart(pieces);
  const joined = (parts: readonly Buffer[], own: readonly Buffer[]) =>
    Buffer.concat(
      parts.flatMap((part, place) => {
        const word = own[between[place] ?? -1];
        return word === undefined ? [part] : [part, word];
      }),
    );
  const plain = (own: readonly string[]) =>
    joined(
      pieces,
      own.map((word) => Buffer.from(word)),
    );
  return {
    counts: words.map((_, word) => between.filter((other) => other === word).length),
    plain,
    gzip: (own) => {
      const whole = plain(own);
      return Buffer.concat([HEAD, joined(packed, own.map(storedBlock)), LAST_BLOCK, tail(whole)]);
    },
  };
}

/** Each piece as deflated blocks that end at a byte and need nothing of what stands before them. */
async function packApart(pieces: readonly Buffer[]): Promise<Buffer[]> {
  const deflate = createDeflateRaw();
  const packed: Buffer[] = [];
  let parts: Buffer[] = [];
  deflate.on("data", (part: Buffer) => parts.push(part));
  for (const piece of pieces) {
    await new Promise<void>((done, failed) => {
      deflate.once("error", failed);
      deflate.write(piece);
      deflate.flush(constants.Z_FULL_FLUSH, () => {
        deflate.off("error", failed);
        done();
      });
    });
    packed.push(Buffer.concat(parts));
    parts = [];
  }
  deflate.close();
  return packed;
}

/** RFC 1952: deflated, no name, no time, any system. */
const HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** RFC 1951: a stored block of no bytes, which is the last one. */
const LAST_BLOCK = Buffer.from([1, 0, 0, 0xff, 0xff]);

/** RFC 1951: the text as it is, in a block that is not the last one. */
function storedBlock(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(~bytes.length & 0xffff, 3);
  return Buffer.concat([head, bytes]);
}

function tail(whole: Buffer): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc32(whole), 0);
  bytes.writeUInt32LE(whole.length % 2 ** 32, 4);
  return bytes;
}
