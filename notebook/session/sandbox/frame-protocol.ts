/** What the page and its sandbox frame say to each other, over one port. */

import type { WorkerRole } from "../../runtime/worker/entry.ts";

export type ToFrame =
  /** The text of which all Workers are made. */
  | { readonly type: "load"; readonly text: string }
  /** Comes with a port, which is handed on to the new Worker. */
  | { readonly type: "spawn"; readonly worker: number; readonly role: WorkerRole }
  | { readonly type: "end"; readonly worker: number }
  | { readonly type: "ping" };

export type FromFrame =
  | { readonly type: "pong" }
  /** A Worker died of an error outside of any cell. */
  | { readonly type: "failed"; readonly worker: number };
