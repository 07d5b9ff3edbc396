/** The server's side of an exercise. A rejected promise means: not reachable now. */

import type { SubmissionReceipt } from "#notebook/document";

export interface RemoteExercise {
  loadDraft(exercise: string): Promise<LoadDraftResult>;
  saveDraft(input: SaveDraftInput): Promise<SaveDraftResult>;
  submit(input: SubmitInput): Promise<SubmitResult>;
}

export type LoadDraftResult =
  | {
      readonly kind: "draft";
      /** 0: nothing was ever saved. */
      readonly revision: number;
      readonly source: string | undefined;
      readonly at: number;
    }
  | { readonly kind: "denied"; readonly because: "signed-out" | "not-enrolled" };

export interface SaveDraftInput {
  readonly exercise: string;
  /** Whose text it is: the session may be another person's by now. */
  readonly userId: string;
  /** The revision that this device last saw; 0 when it has seen none. */
  readonly revision: number;
  readonly source: string;
}

export type SaveDraftResult =
  | { readonly kind: "saved"; readonly revision: number }
  /** A newer revision is there: nothing was stored. */
  | {
      readonly kind: "conflict";
      readonly revision: number;
      readonly source: string | undefined;
      readonly at: number;
    }
  | { readonly kind: "denied"; readonly because: "signed-out" | "not-enrolled" }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

export interface SubmitInput {
  readonly exercise: string;
  /** Who has pressed the button: the session may be another person's by now. */
  readonly userId: string;
  readonly source: string;
  /** What is sent twice is stored once. */
  readonly clientKey: string;
}

export type SubmitResult =
  | { readonly kind: "accepted"; readonly receipt: SubmissionReceipt }
  /** The same text was handed in before: its result counts, and no attempt is spent. */
  | { readonly kind: "identical"; readonly receipt: SubmissionReceipt }
  | {
      readonly kind: "denied";
      readonly because: "signed-out" | "not-enrolled" | "archived" | "no-attempts-left" | "closed";
    }
  /** `until`, in ms since 1970. */
  | { readonly kind: "denied"; readonly because: "not-open-yet"; readonly until: number }
  | { readonly kind: "denied"; readonly because: "cooling-down"; readonly until: number }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };
