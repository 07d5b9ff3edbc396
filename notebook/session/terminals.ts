import type { SandboxTerminals, TerminalEvent } from "../runtime/protocol.ts";

/** Where a terminal is shown. */
export interface TerminalView {
  /** Shows bytes; `done` is called when they are seen. */
  show(bytes: Uint8Array, done: () => void): void;
  /** An empty screen. */
  clear(): void;
}

export type TerminalState =
  | { readonly kind: "live" }
  /** Its machine has begun again; what was typed there was typed again, or is gone. */
  | { readonly kind: "restarted"; readonly isReplayed: boolean }
  /** Nobody answers any more. */
  | { readonly kind: "ended" };

/** What is kept for a view that has not come yet; a sandbox waits long before. */
const KEPT_BYTES = 512 * 1024;

/** One living terminal of an open notebook, as the page speaks to it. */
export class TerminalLink {
  readonly #number: number;
  readonly #sandbox: SandboxTerminals;
  readonly #listeners = new Set<() => void>();
  #state: TerminalState = { kind: "live" };
  #view: TerminalView | undefined;
  /** What was printed since the terminal began: for a view that comes later. */
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  /** What nobody has seen yet: the machine waits when it is too much. */
  readonly #unshown: (() => void)[] = [];
  #seen = 0;
  /** Raised when the terminal begins again: what an older screen has seen does not count. */
  #epoch = 0;

  constructor(number: number, sandbox: SandboxTerminals) {
    this.#number = number;
    this.#sandbox = sandbox;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): TerminalState => this.#state;

  type(text: string): void {
    if (this.#state.kind !== "ended") this.#sandbox.type(this.#number, text);
  }

  resize(rows: number, cols: number): void {
    if (this.#state.kind !== "ended") this.#sandbox.resize(this.#number, rows, cols);
  }

  /** Shows the terminal there, from its beginning; answers how to stop. */
  show(view: TerminalView): () => void {
    this.#view = view;
    for (const bytes of this.#early) this.#pass(bytes);
    return () => {
      if (this.#view === view) this.#view = undefined;
    };
  }

  take(event: TerminalEvent): void {
    switch (event.kind) {
      case "printed":
        this.#print(Uint8Array.from(event.data, (char) => char.charCodeAt(0) & 0xff));
        return;
      case "restarted":
        this.#epoch++;
        this.#seen = 0;
        this.#early = [];
        this.#earlyBytes = 0;
        this.#view?.clear();
        this.#change({ kind: "restarted", isReplayed: event.isReplayed });
        return;
      case "ended":
        this.#change({ kind: "ended" });
    }
  }

  #print(bytes: Uint8Array): void {
    // Kept for a view that comes again: an output that was folded away.
    this.#early.push(bytes);
    this.#earlyBytes += bytes.length;
    while (this.#earlyBytes > KEPT_BYTES) this.#earlyBytes -= this.#early.shift()?.length ?? 0;
    const epoch = this.#epoch;
    const seen = () => {
      if (epoch !== this.#epoch) return;
      this.#seen += bytes.length;
      this.#sandbox.seen(this.#number, this.#seen);
    };
    if (bytes.length === 0) seen();
    else if (this.#view === undefined) this.#unshown.push(seen);
    else this.#view.show(bytes, seen);
  }

  #pass(bytes: Uint8Array): void {
    this.#view?.show(bytes, () => {
      for (const seen of this.#unshown.splice(0)) seen();
    });
  }

  #change(state: TerminalState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** The living terminals of an open notebook, by the number in a cell's output. */
export class NotebookTerminals {
  readonly #links = new Map<number, TerminalLink>();
  #sandbox: SandboxTerminals | undefined;

  /** From now on these are the terminals; those before are gone. */
  connect(sandbox: SandboxTerminals): void {
    if (this.#sandbox === sandbox) return;
    this.disconnect();
    this.#sandbox = sandbox;
    sandbox.listener = (event) => this.at(event.terminal)?.take(event);
  }

  disconnect(): void {
    for (const [terminal, link] of this.#links) link.take({ kind: "ended", terminal });
    this.#links.clear();
    this.#sandbox = undefined;
  }

  /** The terminal with this number; undefined when there is no sandbox in which it could live. */
  at(number: number): TerminalLink | undefined {
    const known = this.#links.get(number);
    if (known !== undefined || this.#sandbox === undefined) return known;
    const link = new TerminalLink(number, this.#sandbox);
    this.#links.set(number, link);
    return link;
  }
}
