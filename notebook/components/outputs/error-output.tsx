import type { Position } from "#notebook/document";
import { CellName } from "../cell/cell-name.tsx";
import css from "./outputs.module.css";

interface ErrorOutputProps {
  name: string;
  message: string;
  frames: readonly Position[];
}

/** What went wrong, and where: innermost place first, each a way to its cell. */
export function ErrorOutput({ name, message, frames }: ErrorOutputProps) {
  return (
    <div className={css["error"]}>
      <p className={css["message"]}>
        <b>{name}</b>: {message}
      </p>
      {frames.length > 0 && (
        <ol className={css["frames"]}>
          {frames.map((frame) => (
            <li key={`${frame.cellId}:${frame.line}:${frame.column}`}>
              at <CellName id={frame.cellId} />, line {frame.line}, column {frame.column}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
