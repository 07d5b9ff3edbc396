/** Serves the player of visible tests: holds the student's module, knows no test. */

import { createPlayer } from "../player/player.ts";
import { createRealm, type RealmOptions } from "../realm/realm.ts";
import { catchStrayRejections } from "./stray-rejections.ts";
import type { FromPlayer, ToPlayer } from "./test-messages.ts";

export function servePlayer(kernel: RealmOptions, port: MessagePort): void {
  const send = (message: FromPlayer) => port.postMessage(JSON.stringify(message));
  const player = createPlayer(createRealm(kernel), (output) => send({ type: "output", output }));
  // A promise of the student's that nobody waits for concerns no test.
  catchStrayRejections(() => undefined);
  port.onmessage = async ({ data }: MessageEvent<ToPlayer>) => {
    const isLoad = data.type === "load";
    const text = isLoad ? await player.load(data.source) : await player.answer(data.text);
    send({ type: "answer", text });
  };
}
