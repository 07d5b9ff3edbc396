/**
 * The Worker in which cells run. It starts from a blob in the frame, locks its realm before it
 * hears anything, and then talks to the page through the one port that it is handed.
 */

import { openKernel } from "../kernel.ts";
import type { ToWorker } from "../protocol.ts";
import { createRealm } from "../realm/realm.ts";
import { CellService } from "./cell-service.ts";
import { onFirstPort } from "./first-port.ts";
import { catchStrayRejections } from "./stray-rejections.ts";

const realm = createRealm(openKernel());

onFirstPort((port) => {
  const service = new CellService(realm, (message) => port.postMessage(JSON.stringify(message)));
  catchStrayRejections((thrown) => service.reportStray(thrown));
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => service.receive(data);
  port.postMessage(JSON.stringify({ type: "ready" }));
});
