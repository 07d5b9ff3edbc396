/**
 * The script of the sandbox frame. It starts and ends Workers from texts that the page hands in,
 * and does nothing else: no student code and no data of a student ever reach this thread.
 */

import type { WorkerRole } from "../../runtime/worker/entry.ts";
import type { FromFrame, ToFrame } from "./frame-protocol.ts";

let script = "";
const workers = new Map<number, Worker>();

addEventListener("message", onFirstMessage);

function onFirstMessage(event: MessageEvent): void {
  const port = event.ports[0];
  // The page that embeds this frame; a Worker or another frame cannot be it.
  if (event.source !== parent || port === undefined) return;
  removeEventListener("message", onFirstMessage);
  const answer = (message: FromFrame) => port.postMessage(message);
  port.onmessage = ({ data, ports }: MessageEvent<ToFrame>) => obey(data, ports[0], answer);
  answer({ type: "pong" });
}

function obey(
  message: ToFrame,
  port: MessagePort | undefined,
  answer: (message: FromFrame) => void,
): void {
  switch (message.type) {
    case "load":
      script = URL.createObjectURL(new Blob([message.text]));
      return;
    case "spawn":
      if (port !== undefined) spawn(message.worker, message.role, port, answer);
      return;
    case "end":
      workers.get(message.worker)?.terminate();
      workers.delete(message.worker);
      return;
    case "ping":
      answer({ type: "pong" });
  }
}

function spawn(
  id: number,
  role: WorkerRole,
  port: MessagePort,
  answer: (message: FromFrame) => void,
): void {
  const worker = new Worker(script);
  worker.onerror = (event) => {
    event.preventDefault();
    answer({ type: "failed", worker: id });
  };
  worker.postMessage(role, [port]);
  workers.set(id, worker);
}
