import type { JudgedResult, OutputsResult } from "../try-actions.ts";

/** Why a draft could not be tried, in words. */
export function failureText(answer: OutputsResult | JudgedResult | "no-answer"): string {
  if (answer === "no-answer") return "The server does not answer. Your draft is kept: try again.";
  switch (answer.kind) {
    case "problems":
      return answer.problems.length === 0
        ? "The text cannot be read: mend what the gate tells of it."
        : answer.problems.join("\n");
    case "busy":
      return "Something of yours is being run already: wait for its end.";
    case "denied":
      return "You are signed out, or may not write in this course any more: sign in again.";
    default:
      return "";
  }
}
