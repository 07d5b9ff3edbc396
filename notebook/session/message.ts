import type { Output } from "#notebook/document";
import type { RunOutcome } from "../runtime/protocol.ts";
import type { SessionCell } from "./session-cell.ts";

/** What a screen reader is to say. A new number is a new message, even with the same words. */
export interface Message {
  readonly number: number;
  readonly tone: "polite" | "assertive";
  readonly text: string;
}

/** How a run ended, in one sentence with the first line of what it left behind. */
export function endOfRun(
  cell: SessionCell,
  items: readonly Output[],
  outcome: RunOutcome,
): Pick<Message, "tone" | "text"> {
  if (outcome.kind === "interrupted") {
    return { tone: "polite", text: `Cell ${cell.number} was stopped.` };
  }
  if (outcome.kind === "error") {
    const error = items.findLast((item) => item.kind === "error");
    const line = error?.frames.find((frame) => frame.cellId === cell.id)?.line;
    const at = line === undefined ? "" : ` at line ${line}`;
    const because = error === undefined ? "" : `: ${error.name}: ${firstLine(error.message)}`;
    return { tone: "assertive", text: `Cell ${cell.number} failed${at}${because}` };
  }
  const text = items.map(textOf).find((line) => line !== "");
  return {
    tone: "polite",
    text: text === undefined ? `Cell ${cell.number} done.` : `Cell ${cell.number} done: ${text}`,
  };
}

export function messageOfStale(stale: readonly SessionCell[]): string {
  const numbers = stale.map((cell) => cell.number).join(", ");
  return stale.length === 1 ? `Cell ${numbers} is stale.` : `Cells ${numbers} are stale.`;
}

function textOf(output: Output): string {
  if (output.kind === "stream") return firstLine(output.text);
  if (output.kind === "display" || output.kind === "result") {
    return firstLine(output.bundle["text/plain"]);
  }
  return "";
}

/** A hundred characters are enough to know what came out. */
function firstLine(text: string): string {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "") ?? "";
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
