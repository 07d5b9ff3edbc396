/** The page's side of the sandbox frame: one hidden iframe, in which Workers start and end. */

import type { WorkerRole } from "../../runtime/worker/entry.ts";
import type { FromFrame, ToFrame } from "./frame-protocol.ts";
import { partsOfWorker, type SandboxPart } from "./needed-parts.ts";

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
  /** Workers that start from now on have these parts. */
  load(parts: ReadonlySet<SandboxPart>): Promise<void>;
  /** Whether the frame still answers; after its process has died it never does again. */
  isAlive(): Promise<boolean>;
  close(): void;
}

/** So long may a frame be silent that has nothing to do but to answer. */
const SILENCE_MS = 3_000;

/** Opens a frame that can start Workers with these parts. */
export async function openFrame(parts: ReadonlySet<SandboxPart>): Promise<SandboxFrame> {
  const text = workerText(parts);
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

/** What all Workers are made of. Parts stand first: they are taken before the realm is locked. */
async function workerText(parts: ReadonlySet<SandboxPart>): Promise<string> {
  const wanted = [...partsOfWorker(parts), "worker" as const];
  return (await Promise.all(wanted.map(fetchScript))).join("\n");
}

const scripts = new Map<string, Promise<string>>();

/** A script of the sandbox as text; fetched once for all frames of this page. */
function fetchScript(name: "worker" | SandboxPart): Promise<string> {
  const known = scripts.get(name);
  if (known !== undefined) return known;
  const script = fetch(`/sandbox/${name}.js`).then(
    (response) => {
      if (response.ok) return response.text();
      throw new Error(`The sandbox could not be fetched (${response.status}).`);
    },
    () => {
      throw new Error("The sandbox could not be fetched: is the network there?");
    },
  );
  scripts.set(name, script);
  // Offline now is not offline for ever.
  script.catch(() => scripts.delete(name));
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

  async load(parts: ReadonlySet<SandboxPart>): Promise<void> {
    this.send({ type: "load", text: await workerText(parts) });
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
