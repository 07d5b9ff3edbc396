/** The page's side of the sandbox frame: one hidden iframe, in which Workers start and end. */

import type { FromFrame, ToFrame, WorkerName } from "./frame-protocol.ts";

/** A Worker of the frame, with a port of its own to it. */
export interface SandboxWorker {
  readonly port: MessagePort;
  /** Resolves when the Worker died by itself, or its frame did. */
  readonly failed: Promise<void>;
  /** Ends it at once, whatever it does. */
  end(): void;
}

export interface SandboxFrame {
  spawn(name: WorkerName): SandboxWorker;
  /** Whether the frame still answers; after its process has died it never does again. */
  isAlive(): Promise<boolean>;
  close(): void;
}

/** So long may a frame be silent that has nothing to do but to answer. */
const SILENCE_MS = 3_000;

/** Opens a frame that can start the Workers of these names. */
export async function openFrame(names: readonly WorkerName[]): Promise<SandboxFrame> {
  const texts = Promise.all(names.map(fetchScript));
  const element = await attach();
  const { port1, port2 } = new MessageChannel();
  const frame = new ConnectedFrame(element, port1);
  // An opaque origin has no name that could be given instead of "*".
  element.contentWindow?.postMessage(null, "*", [port2]);
  try {
    for (const [index, text] of (await texts).entries()) {
      const name = names[index];
      if (name !== undefined) frame.send({ type: "load", name, text });
    }
  } catch (error) {
    frame.close();
    throw error;
  }
  return frame;
}

const scripts = new Map<WorkerName, Promise<string>>();

/** The text of a Worker's bundle; fetched once for all frames of this page. */
function fetchScript(name: WorkerName): Promise<string> {
  const known = scripts.get(name);
  if (known !== undefined) return known;
  const fetched = fetch(`/sandbox/${name}.js`).then((response) => {
    if (!response.ok) throw new Error(`The sandbox could not be fetched (${response.status}).`);
    return response.text();
  });
  scripts.set(name, fetched);
  // Offline now is not offline for ever.
  fetched.catch(() => scripts.delete(name));
  return fetched;
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

  spawn(name: WorkerName): SandboxWorker {
    const worker = ++this.#lastWorker;
    const { port1, port2 } = new MessageChannel();
    const failed = new Promise<void>((resolve) => this.#deaths.set(worker, resolve));
    this.send({ type: "spawn", worker, name }, [port2]);
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
