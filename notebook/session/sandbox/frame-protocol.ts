/** What the page and its sandbox frame say to each other, over one port. */

/** The scripts that a Worker of the frame can be started from, by their file in /sandbox. */
export type WorkerName = "cell-worker" | "player-worker" | "judge-worker";

export type ToFrame =
  | { readonly type: "load"; readonly name: WorkerName; readonly text: string }
  /** Comes with a port, which is handed on to the new Worker. */
  | { readonly type: "spawn"; readonly worker: number; readonly name: WorkerName }
  | { readonly type: "end"; readonly worker: number }
  | { readonly type: "ping" };

export type FromFrame =
  | { readonly type: "pong" }
  /** A Worker died of an error outside of any cell. */
  | { readonly type: "failed"; readonly worker: number };
