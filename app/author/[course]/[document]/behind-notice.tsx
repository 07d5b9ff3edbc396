import type { EditedChange, EditedFile } from "#server/authoring";
import controls from "../../../controls.module.css";
import author from "../../author.module.css";
import { changedPaths, type Files, laidOver } from "./edited-files.ts";

interface BehindNoticeProps {
  files: Files;
  base: readonly EditedFile[];
  theirs: readonly EditedChange[];
  onMine: () => void;
  onTheirs: () => void;
}

/**
 * Your own other tab or device has saved the same draft, or has ended it: stored as a version, or given
 * up. One of both texts goes on.
 */
export function BehindNotice({ files, base, theirs, onMine, onTheirs }: BehindNoticeProps) {
  const elsewhere = laidOver(base, theirs);
  const isEnded = theirs.length === 0;
  const paths = changedPaths([...elsewhere.values()], files);
  return (
    <div className={author["notice"]} role="alert">
      <p>
        {isEnded
          ? "This draft has become a version since, or was given up in another tab or on another device."
          : "You have saved this draft in another tab or on another device since."}{" "}
        {paths.length === 0
          ? "Both texts are the same."
          : `What differs: ${paths.join(", ")}. Nothing is saved from here until you choose.`}
      </p>
      <div className={controls["row"]}>
        <button type="button" className={controls["button"]} onClick={onTheirs}>
          {isEnded ? "Take what is stored" : "Take what was saved there"}
        </button>
        <button type="button" className={controls["button"]} onClick={onMine}>
          Keep what stands here
        </button>
      </div>
    </div>
  );
}
