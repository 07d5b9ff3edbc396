import { structuredPatch } from "diff";
import css from "./diff.module.css";

interface DiffViewProps {
  /** Names the file. */
  path: string;
  before: string;
  after: string;
}

const CONTEXT_LINES = 3;
/** Two texts that have nothing in common are shown one after the other instead. */
const SEARCH_MS_MAX = 1000;

/** What differs between two texts, line by line, with a few lines around it. */
export function DiffView({ path, before, after }: DiffViewProps) {
  const options = { context: CONTEXT_LINES, timeout: SEARCH_MS_MAX };
  const patch = structuredPatch(path, path, before, after, "", "", options);
  const hunks = patch?.hunks ?? [{ newStart: 1, lines: wholly(before, after) }];
  return (
    <pre className={css["diff"]}>
      {hunks.map(({ newStart, lines }) => (
        <code key={newStart}>
          <span className={css["fold"]}>line {newStart}</span>
          {lines.map((line, index) => {
            const text = line.slice(1);
            const key = `${newStart} ${index}`;
            if (line.startsWith("+")) return <ins key={key}>{text}</ins>;
            if (line.startsWith("-")) return <del key={key}>{text}</del>;
            return <span key={key}>{text}</span>;
          })}
        </code>
      ))}
    </pre>
  );
}

function wholly(before: string, after: string): string[] {
  return [
    ...before.split("\n").map((line) => `-${line}`),
    ...after.split("\n").map((line) => `+${line}`),
  ];
}
