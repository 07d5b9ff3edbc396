/**
 * Messages on a pipe: four bytes of length, one of kind, then UTF-8 text. Used by the grader and by
 * the two processes it starts.
 */

export interface Frame {
  /** One ASCII letter. */
  readonly kind: string;
  readonly text: string;
}

const HEADER_BYTES = 5;
/** Of a text in bytes; plain data have at most 8 Mi characters, of up to three bytes each. */
const FRAME_BYTES_MAX = 25 * 1024 * 1024;

/** What came in is no frame, or too large. */
export class FrameProblem extends Error {}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeFrame({ kind, text }: Frame): Uint8Array {
  const body = encoder.encode(text);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(bytes.buffer).setUint32(0, body.length);
  bytes[4] = kind.charCodeAt(0);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Puts frames together from pieces of any size. */
export class FrameDecoder {
  #pieces: Uint8Array[] = [];
  #buffered = 0;
  /** What the next frame needs before it can be read on. */
  #wanted = HEADER_BYTES;

  /** Answers the frames that are complete with `piece`. Throws `FrameProblem`. */
  push(piece: Uint8Array): Frame[] {
    this.#pieces.push(piece);
    this.#buffered += piece.length;
    const frames: Frame[] = [];
    while (this.#buffered >= this.#wanted) {
      const bytes = this.#joined();
      const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0);
      if (length > FRAME_BYTES_MAX) throw new FrameProblem(`a frame of ${length} bytes`);
      this.#wanted = HEADER_BYTES + length;
      if (bytes.length < this.#wanted) break;
      const kind = String.fromCharCode(bytes[4] ?? 0);
      frames.push({ kind, text: decoder.decode(bytes.subarray(HEADER_BYTES, this.#wanted)) });
      this.#pieces = [bytes.subarray(this.#wanted)];
      this.#buffered = bytes.length - this.#wanted;
      this.#wanted = HEADER_BYTES;
    }
    return frames;
  }

  #joined(): Uint8Array {
    const [only] = this.#pieces;
    if (this.#pieces.length === 1 && only !== undefined) return only;
    const bytes = new Uint8Array(this.#buffered);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [bytes];
    return bytes;
  }
}
