import type { LineComment } from "#server/queries";
import controls from "../../../../../controls.module.css";
import { LocalTime } from "../../../../../local-time.tsx";
import css from "../../../grades.module.css";
import { commentOnLine, removeComment } from "./actions.ts";

interface LineCommentsProps {
  run: string;
  submission: string;
  lines: number;
  comments: readonly LineComment[];
  mayComment: boolean;
}

/** What the staff has said at lines of the code, and a form to say more. */
export function LineComments(props: LineCommentsProps) {
  const { run, submission, lines, comments, mayComment } = props;
  return (
    <section aria-label="Comments on the code">
      <ul className={css["comments"]}>
        {comments.map(({ id, line, text, author, at }) => (
          <li key={id}>
            <span>line {line}</span>
            <span>
              <span className={css["words"]}>{text}</span>
              <br />
              {author ?? "somebody who has left"}, <LocalTime at={at.toISOString()} />
            </span>
            {mayComment && (
              <form action={removeComment}>
                <input type="hidden" name="run" value={run} />
                <input type="hidden" name="comment" value={id} />
                <button
                  type="submit"
                  className={css["quiet"]}
                  aria-label={`Remove the comment at line ${line}`}
                >
                  Remove
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
      {mayComment && (
        <form action={commentOnLine} className={css["form"]}>
          <input type="hidden" name="run" value={run} />
          <input type="hidden" name="submission" value={submission} />
          <label>
            Comment on line
            <input
              className={`${css["field"]} ${css["number"]}`}
              name="line"
              type="number"
              min={1}
              max={lines}
              required
            />
          </label>
          <label className={css["wide"]}>
            In words
            <textarea className={css["field"]} name="text" rows={2} maxLength={4000} required />
          </label>
          <div className={css["row"]}>
            <button type="submit" className={controls["button"]}>
              Add the comment
            </button>
          </div>
        </form>
      )}
    </section>
  );
}
