/**
 * The player as a process of its own: Deno without any permission. Gets the submission (`L`), then
 * the judge's questions (`Q`), and answers each with one frame (`A`).
 */

import { courseData } from "../course-data.ts";
import { openKernel } from "../kernel.ts";
import { createRealm } from "../realm/realm.ts";
import type { Frame } from "../stdio/frames.ts";
import { receiveFrames, sendFrame } from "../stdio/stdio.ts";
import { catchStrayRejections } from "../worker/stray-rejections.ts";
import { createPlayer } from "./player.ts";

const player = createPlayer(createRealm(openKernel(courseData)));
// A promise of the student's that nobody waits for must not end the process.
catchStrayRejections(() => undefined);

async function receive({ kind, text }: Frame): Promise<void> {
  const answer = kind === "L" ? await player.load(text) : await player.answer(text);
  sendFrame({ kind: "A", text: answer });
}

sendFrame({ kind: "R", text: "" });
await receiveFrames(receive);
