import type { SavedState } from "#notebook/session";
import css from "./exercise.module.css";

interface FileLineProps {
  name?: string;
  saved: SavedState | undefined;
  isEdited: boolean;
  isEditing: boolean;
  isTakenBack: boolean;
  /** What the first button says, when that is not what it says of code. */
  editWord?: string;
  /** undefined while nothing is alive yet. */
  onEdit: (() => void) | undefined;
  onStartOver: (() => void) | undefined;
  onTakeBack: (() => void) | undefined;
}

/** Name of the file, how safe it is, and what can be done with it. */
export function FileLine(props: FileLineProps) {
  const { name = "submission.ts", editWord } = props;
  const { saved, isEdited, isEditing, isTakenBack, onEdit, onStartOver, onTakeBack } = props;
  return (
    <div className={css["file"]}>
      <b>{name}</b>
      <span>{inWords(saved, isEdited)}</span>
      {onEdit !== undefined && (
        <span className={css["end"]}>
          <button type="button" className={css["link"]} onClick={onEdit}>
            {editWord ?? (isEditing ? "Close the editor" : "Edit")}
          </button>
          {isTakenBack ? (
            <button type="button" className={css["link"]} onClick={onTakeBack}>
              Take my text back
            </button>
          ) : (
            isEdited && (
              <button type="button" className={css["link"]} onClick={onStartOver}>
                Start over
              </button>
            )
          )}
        </span>
      )}
    </div>
  );
}

function inWords(saved: SavedState | undefined, isEdited: boolean): string {
  switch (saved?.kind) {
    case "saving":
      return "saving";
    case "saved":
      return isEdited ? "saved" : "as given";
    case "offline":
      return "kept here, saved when the network is back";
    case "signed-out":
      return "kept here, saved after you sign in";
    case "not-kept":
      return "not kept: this browser stores nothing";
    default:
      return isEdited ? "kept on this device" : "as given";
  }
}
