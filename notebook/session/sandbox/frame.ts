/** The page's side of the sandbox frame: one hidden iframe, in which Workers start and end. */

import type { WorkerRole } from "../../runtime/worker/entry.ts";
import type { FromFrame, ToFrame } from "./frame-protocol.ts";

/** A Worker of the frame, with a port of its own to it. */
export interface SandboxWorker {
  readonly port: MessagePort;
  /** Resolves when the Worker died by itself, or its frame did. */
  readonly failed: Promise<void>;
  /** Ends it at once, whatever it does. */
  end(): void;
}

export interface SandboxFrame {
  spawn(role: WorkerRole): SandboxWorker;
  /** Whether the frame still answers; after its process has died it never does again. */
  isAlive(): Promise<boolean>;
  close(): void;
}

/** So long may a frame be silent that has nothing to do but to answer. */
const SILENCE_MS = 3_000;

/** Opens a frame that can start Workers. */
export async function openFrame(): Promise<SandboxFrame> {
  const text = fetchScript();
  // Awaited below, after the frame is there.
  text.catch(() => undefined);
  const element = await attach();
  const { port1, port2 } = new MessageChannel();
  const frame = new ConnectedFrame(element, port1);
  // An opaque origin has no name that could be given instead of "*".
  element.contentWindow?.postMessage(null, "*", [port2]);
  try {
    frame.send({ type: "load", text: await text });
  } catch (error) {
    frame.close();
    throw error;
  }
  return frame;
}

let script: Promise<string> | undefined;

/** The text of the Workers; fetched once for all frames of this page. */
function fetchScript(): Promise<string> {
  script ??= fetch("/sandbox/worker.js").then(
    (response) => {
      if (response.ok) return response.text();
      throw new Error(`The sandbox could not be fetched (${response.status}).`);
    },
    () => {
      throw new Error("The sandbox could not be fetched: is the network there?");
    },
  );
  // Offline now is not offline for ever.
  script.catch(() => {
    script = undefined;
  });
  return script;
}

function attach(): Promise<HTMLIFrameElement> {
  const element = document.createElement("iframe");
  element.setAttribute("sandbox", "allow-scripts");
  element.setAttribute("allow", "");
  element.hidden = true;
  element.title = "Sandbox";
  element.src = "/sandbox/frame";
  return new Promise((resolve) => {
    element.onload = () => resolve(element);
    document.body.append(element);
  });
}

class ConnectedFrame implements SandboxFrame {
  readonly #element: HTMLIFrameElement;
  readonly #port: MessagePort;
  readonly #deaths = new Map<number, () => void>();
  #pongs: (() => void)[] = [];
  #lastWorker = 0;
  #isDead = false;

  constructor(element: HTMLIFrameElement, port: MessagePort) {
    this.#element = element;
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data);
  }

  send(message: ToFrame, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  spawn(role: WorkerRole): SandboxWorker {
    const worker = ++this.#lastWorker;
    const { port1, port2 } = new MessageChannel();
    const failed = new Promise<void>((resolve) => this.#deaths.set(worker, resolve));
    this.send({ type: "spawn", worker, role }, [port2]);
    const end = () => {
      port1.onmessage = null;
      port1.close();
      this.#deaths.delete(worker);
      this.send({ type: "end", worker });
    };
    return { port: port1, failed, end };
  }

  isAlive(): Promise<boolean> {
    if (this.#isDead) return Promise.resolve(false);
    return new Promise((resolve) => {
      const silence = setTimeout(() => {
        this.#isDead = true;
        resolve(false);
      }, SILENCE_MS);
      this.#pongs.push(() => {
        clearTimeout(silence);
        resolve(true);
      });
      this.send({ type: "ping" });
    });
  }

  close(): void {
    this.#port.close();
    this.#element.remove();
    for (const die of this.#deaths.values()) die();
    this.#deaths.clear();
  }

  #receive(data: unknown): void {
    const message = data as Partial<FromFrame> | null;
    if (message?.type === "pong") {
      for (const pong of this.#pongs.splice(0)) pong();
    } else if (message?.type === "failed" && typeof message.worker === "number") {
      this.#deaths.get(message.worker)?.();
    }
  }
}
