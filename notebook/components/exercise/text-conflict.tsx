import type { Conflict } from "#notebook/session";
import { merged } from "../cell/differing-lines.ts";
import { TextVersion } from "../cell/text-version.tsx";
import { Icon } from "../icon.tsx";
import css from "./exercise.module.css";
import { Moment } from "./moment.tsx";

interface TextConflictProps {
  source: string;
  conflict: Conflict;
  onPick: (source: string) => void;
}

/** Two texts of the same exercise: both are shown, and the reader picks or merges. */
export function TextConflict({ source, conflict, onPick }: TextConflictProps) {
  const where = conflict.from === "tab" ? "elsewhere on this device" : "on another device";
  return (
    <section className={css["notice"]} aria-label="Two texts of this exercise">
      <Icon name="pen" />
      <div>
        <p>
          <b>There is another text of yours.</b> It was typed {where}, <Moment at={conflict.at} />.
          Both are kept; which one shall go on?
        </p>
        <div className={css["versions"]}>
          <TextVersion title="Here" source={source} other={conflict.theirs} />
          <TextVersion title="The other one" source={conflict.theirs} other={source} />
        </div>
        <div className={css["act"]}>
          <button type="button" className={css["button"]} onClick={() => onPick(source)}>
            Keep this one
          </button>
          <button type="button" className={css["button"]} onClick={() => onPick(conflict.theirs)}>
            Take the other
          </button>
          <button
            type="button"
            className={css["button"]}
            onClick={() => onPick(merged(source, conflict.theirs))}
          >
            Put both into the editor
          </button>
        </div>
      </div>
    </section>
  );
}
