/**
 * One page as many readers get it, packed once. Each answer needs a nonce of its own for its
 * scripts: the pieces between the places of the nonce are packed so that none refers to another,
 * and the nonce is put between them unpacked.
 */
import { constants, crc32, createDeflateRaw } from "node:zlib";

export interface KeptPage {
  /** What is sent to who cannot unpack, its nonce replaced by `nonce`. */
  readonly plain: (nonce: string) => Buffer;
  readonly gzip: (nonce: string) => Buffer;
}

/** Keeps the text of a page whose scripts have this nonce. */
export async function keepPage(text: string, nonce: string): Promise<KeptPage> {
  const pieces = text.split(nonce).map((piece) => Buffer.from(piece));
  const packed = await packApart(pieces);
  const joined = (parts: readonly Buffer[], between: Buffer) =>
    Buffer.concat(parts.flatMap((part, place) => (place === 0 ? [part] : [between, part])));
  const plain = (next: string) => joined(pieces, Buffer.from(next));
  return {
    plain,
    gzip: (next) => {
      const whole = plain(next);
      return Buffer.concat([HEAD, joined(packed, storedBlock(next)), LAST_BLOCK, tail(whole)]);
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
