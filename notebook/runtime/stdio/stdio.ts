/** Standard input and output of a sandbox process, as frames. */

import { encodeFrame, type Frame, FrameDecoder } from "./frames.ts";

/** The little of Deno that needs no permission. */
interface DenoStdio {
  readonly stdin: { read(into: Uint8Array): Promise<number | null> };
  readonly stdout: { writeSync(bytes: Uint8Array): number };
  exit(code: number): never;
}

/** Taken once, at load, before anything else has run. */
const deno = (globalThis as unknown as { Deno: DenoStdio }).Deno;

export function sendFrame(frame: Frame): void {
  let rest = encodeFrame(frame);
  while (rest.length > 0) rest = rest.subarray(deno.stdout.writeSync(rest));
}

/** Hands over one frame after the other until the input ends, and then ends the process. */
export async function receiveFrames(
  receive: (frame: Frame) => Promise<void> | void,
): Promise<never> {
  const decoder = new FrameDecoder();
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const length = await deno.stdin.read(buffer);
    if (length === null) return deno.exit(0);
    for (const frame of decoder.push(buffer.slice(0, length))) await receive(frame);
  }
}
