import type { AnswerState, AskState } from "../class/[run]/questions/actions.ts";

/** Why nothing was stored, and what to do about it; undefined: nothing is wrong. */
export function talkProblem(state: AnswerState | AskState): string | undefined {
  switch (state.kind) {
    case "invalid":
      return state.problem;
    case "paused":
      return `You have written a lot just now: the next one is possible in ${minutes(state.seconds)}. Your text stays here.`;
    case "denied":
      return DENIED[state.because];
    default:
      return undefined;
  }
}

const DENIED = {
  "signed-out": "Your session has ended: sign in again. Your text stays in this browser.",
  "not-allowed": "This is not there for you any more. Your text stays in this browser.",
  "too-late": "Only a new text can be changed: write an answer to it instead.",
} as const;

function minutes(seconds: number): string {
  const whole = Math.ceil(seconds / 60);
  return whole === 1 ? "a minute" : `${whole} minutes`;
}
