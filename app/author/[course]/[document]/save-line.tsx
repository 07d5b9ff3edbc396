import author from "../../author.module.css";
import type { SaveState } from "./draft-saver.ts";

interface SaveLineProps {
  state: SaveState;
  /** Files that differ from the version. */
  changed: number;
  base: number;
}

/** What has become of what was typed. */
export function SaveLine({ state, changed, base }: SaveLineProps) {
  return (
    <span className={author["saved"]} role="status">
      {changed > 0 &&
        `${changed} ${changed === 1 ? "file" : "files"} changed since version ${base} · `}
      <span data-state={isTrouble(state) ? "failed" : undefined}>{saveText(state, changed)}</span>
    </span>
  );
}

function saveText(state: SaveState, changed: number): string {
  switch (state.kind) {
    case "clean":
      return "As stored";
    case "typing":
      return "Saving";
    case "saved":
      return changed === 0 ? "As stored" : `Draft saved ${timeOf(state.at)}`;
    case "failed":
      return "Not saved: the server does not answer. Kept on this device, tried again.";
    case "refused":
      return `Not saved: ${state.problem}`;
    case "behind":
      return "Not saved: another tab or device has saved since.";
  }
}

function isTrouble({ kind }: SaveState): boolean {
  return kind === "failed" || kind === "refused" || kind === "behind";
}

function timeOf(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" }).format(at);
}
