import css from "./code-text.module.css";
import { highlight } from "./highlight.ts";

interface CodeTextProps {
  source: string;
  hasNumbers: boolean;
  /** The line at which the last run failed. */
  badLine: number | undefined;
}

/**
 * The text of a cell, coloured, with line numbers where lines are spoken of. Its lines and words are
 * HTML and no elements: they are most of what stands on a page, and React would go through each.
 */
export function CodeText({ source, hasNumbers, badLine }: CodeTextProps) {
  const lines = linesOf(source).map((words, index) => {
    const number = index + 1;
    const bad = number === badLine ? ' data-bad="true"' : "";
    return `<span class="${css["line"]}" data-number="${number}"${bad}>${words}\n</span>`;
  });
  return (
    <pre className={css["code"]} data-numbered={hasNumbers || undefined}>
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: every word went through `escaped` */}
      <code dangerouslySetInnerHTML={{ __html: lines.join("") }} />
    </pre>
  );
}

const KEPT_MAX = 500;
const kept = new Map<string, readonly string[]>();

/** Each line's words as HTML; a page is drawn often, and its cells stay the same. */
function linesOf(source: string): readonly string[] {
  const before = kept.get(source);
  if (before !== undefined) return before;
  const lines = highlight(source).map((tokens) =>
    tokens
      .map(({ kind, text }) => {
        const name = css[kind];
        return name === undefined ? escaped(text) : `<span class="${name}">${escaped(text)}</span>`;
      })
      .join(""),
  );
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(source, lines);
  return lines;
}

const SIGNS: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (sign) => SIGNS[sign] ?? "");
}
