/** Standard input and output of a sandbox process, as frames. */

import { encodeFrame, type Frame, FrameDecoder } from "./frames.ts";

/** The little of Deno that needs no permission. */
interface DenoStdio {
  readonly stdin: { readSync(into: Uint8Array): number | null };
  readonly stdout: { writeSync(bytes: Uint8Array): number };
  exit(code: number): never;
}

/** Taken once, at load, before anything else has run. */
const deno = (globalThis as unknown as { Deno: DenoStdio }).Deno;

export function sendFrame(frame: Frame): void {
  let rest = encodeFrame(frame);
  while (rest.length > 0) rest = rest.subarray(deno.stdout.writeSync(rest));
}

const decoder = new FrameDecoder();
const buffer = new Uint8Array(64 * 1024);
const received: Frame[] = [];

/**
 * The next frame. Until it comes nothing goes on here: a wait that lets other code run costs two more
 * switches between threads. Ends the process when the input has ended.
 */
export function nextFrame(): Frame {
  for (;;) {
    const frame = received.shift();
    if (frame !== undefined) return frame;
    const length = deno.stdin.readSync(buffer);
    if (length === null) return deno.exit(0);
    received.push(...decoder.push(buffer.slice(0, length)));
  }
}

/** Hands over one frame after the other until the input ends, and then ends the process. */
export async function receiveFrames(receive: (frame: Frame) => Promise<void>): Promise<never> {
  for (;;) await receive(nextFrame());
}
