import css from "./code-text.module.css";
import { highlight } from "./highlight.ts";

interface CodeTextProps {
  source: string;
  hasNumbers: boolean;
  /** The line at which the last run failed. */
  badLine: number | undefined;
}

/** The text of a cell, coloured, with line numbers where lines are spoken of. */
export function CodeText({ source, hasNumbers, badLine }: CodeTextProps) {
  const lines = highlight(source).map((tokens, index) => ({ number: index + 1, tokens }));
  return (
    <pre className={css["code"]} data-numbered={hasNumbers || undefined}>
      <code>
        {lines.map(({ number, tokens }) => (
          <span
            key={number}
            className={css["line"]}
            data-number={number}
            data-bad={number === badLine || undefined}
          >
            {tokens.map((token, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is drawn as a whole
              <span key={place} className={css[token.kind]}>
                {token.text}
              </span>
            ))}
            {"\n"}
          </span>
        ))}
      </code>
    </pre>
  );
}
