import { Fold } from "./fold.tsx";
import css from "./outputs.module.css";

interface TextOutputProps {
  text: string;
  isError?: boolean;
}

/** Lines that stay visible of a long text. */
const SHOWN = 20;

/** Text as it was written; what is over twenty lines lies folded. */
export function TextOutput({ text, isError = false }: TextOutputProps) {
  const lines = text.replace(/\n$/, "").split("\n");
  const className = isError ? `${css["text"]} ${css["stderr"]}` : css["text"];
  if (lines.length <= SHOWN) return <pre className={className}>{lines.join("\n")}</pre>;
  const folded = lines.slice(SHOWN);
  return (
    <>
      <pre className={className}>{lines.slice(0, SHOWN).join("\n")}</pre>
      <Fold what={`${folded.length} more ${folded.length === 1 ? "line" : "lines"}`}>
        <pre className={className}>{folded.join("\n")}</pre>
      </Fold>
    </>
  );
}
