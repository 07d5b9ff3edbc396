import type { Refusal } from "./actions.ts";

/** Why nothing was changed, and what to do about it. */
export function refusalText(refusal: Refusal): string {
  switch (refusal.kind) {
    case "invalid":
      return refusal.problem;
    case "nobody":
      return "Nobody has an account of that name or address.";
    case "denied":
      return DENIED[refusal.because];
  }
}

const DENIED = {
  "signed-out": "Your session has ended: sign in again.",
  "not-allowed": "Only the administrator may do this.",
  oneself: "You cannot close the account that you are signed in with.",
} as const;
