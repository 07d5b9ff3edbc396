import { Icon } from "#notebook/components";
import type { SmallMistake } from "#server/authoring";
import author from "../author.module.css";
import { documentUrl } from "../urls.ts";

interface SmallMistakesProps {
  course: string;
  documentId: string;
  mistakes: readonly SmallMistake[];
}

/** Mistakes that were tried in a solution, each at its line. */
export function SmallMistakes({ course, documentId, mistakes }: SmallMistakesProps) {
  return (
    <ul className={author["checks"]}>
      {mistakes.map(({ line, what }) => (
        <li key={`${line} ${what}`} data-state="stale">
          <Icon name="warn" />
          <span>
            <a href={documentUrl(course, documentId, { file: "solution.ts", line })}>
              solution.ts, line {line}
            </a>
            <code>{what}</code>
          </span>
        </li>
      ))}
    </ul>
  );
}
