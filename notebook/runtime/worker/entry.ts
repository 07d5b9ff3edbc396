/**
 * The Worker of the sandbox. It starts from a blob in the frame, locks its realm before it hears
 * anything, and then talks to the page through the one port that it is handed.
 */

import { openKernel, takeParts } from "../kernel.ts";
import type { RealmOptions } from "../realm/realm.ts";
import { serveCells } from "./cell-service.ts";
import { onFirstPort } from "./first-port.ts";
import { serveJudge } from "./judge-service.ts";
import { MachineShelf } from "./machine-shelf.ts";
import { MachineTimes } from "./machine-times.ts";
import { MissedParts } from "./missed-parts.ts";
import { servePlayer } from "./player-service.ts";

/** What a Worker is for; one text serves all, so that it is fetched once. */
export type WorkerRole = "cells" | "player" | "judge";

const SERVICES = {
  cells: (kernel: RealmOptions, port: MessagePort) =>
    serveCells(kernel, port, times, shelf, missed),
  player: servePlayer,
  judge: serveJudge,
} as const;

const times = new MachineTimes();
const shelf = new MachineShelf();
const missed = new MissedParts();
const kernel = openKernel(takeParts(times, shelf, (name) => missed.listener(name)));

onFirstPort((role, port) => {
  SERVICES[role](kernel, port);
  port.postMessage(JSON.stringify({ type: "ready" }));
});
