/** What the figures of lecture 1 draw that the simulator finds out. */

/** The layers of a system, from the top. */
export type LayerId = "program" | "library" | "call" | "files" | "driver" | "device";

/** One write() on its way down to the disk and back. */
export interface WriteLayers {
  readonly steps: readonly {
    readonly layer: LayerId;
    /** In the layer's own language. */
    readonly text: string;
    readonly says: string;
    /** Since the program's first letter. */
    readonly ns: number;
  }[];
}
