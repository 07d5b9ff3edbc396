import css from "./talk.module.css";
import { talkBlocks } from "./talk-text.ts";

/** What somebody wrote: plain text, with code where backticks say so. */
export function TalkText({ text }: { text: string }) {
  return (
    <div className={css["said"]}>
      {talkBlocks(text).map((block, place) =>
        block.kind === "block" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a text is drawn as a whole
          <pre key={place}>{block.text}</pre>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a text is drawn as a whole
          <p key={place}>
            {block.parts.map((part, at) =>
              part.kind === "code" ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: a text is drawn as a whole
                <code key={at}>{part.text}</code>
              ) : (
                part.text
              ),
            )}
          </p>
        ),
      )}
    </div>
  );
}
