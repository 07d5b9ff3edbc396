import { Icon } from "#notebook/components";
import type { CheckProblem, EditedDocument, ShownCheck } from "#server/authoring";
import controls from "../../../controls.module.css";
import author from "../../author.module.css";
import { seenVersion } from "../../seen-version.ts";
import { CHECK_TEXT } from "../../state-text.ts";
import { checkUrl, documentUrl } from "../../urls.ts";
import { publishDocuments } from "../actions.ts";
import { SmallMistakes } from "../small-mistakes.tsx";

interface GatePaneProps {
  course: string;
  document: EditedDocument;
  check: ShownCheck | undefined;
}

/** What the publish gate said last, and the way through it. */
export function GatePane({ course, document, check }: GatePaneProps) {
  const { id, head, published } = document;
  const part = check?.parts.find(({ documentId }) => documentId === id);
  const survivors = part?.mutation.kind === "found" ? part.mutation.survivors : [];
  return (
    <>
      {check !== undefined && (
        <section>
          <h2>
            Publish gate <span>version {part?.number}</span>
          </h2>
          <p>
            <a href={checkUrl(course, check.id)}>{CHECK_TEXT[check.state]}</a>
          </p>
          <ProblemList course={course} problems={check.problems} />
        </section>
      )}
      {survivors.length > 0 && (
        <section>
          <h2>Your tests accept these wrong programs</h2>
          <SmallMistakes course={course} documentId={id} mistakes={survivors} />
        </section>
      )}
      <section>
        <h2>Publish</h2>
        {published === head ? (
          <p>Readers see version {head}, the newest one.</p>
        ) : (
          <form action={publishDocuments} className={author["publish"]}>
            <input type="hidden" name="course" value={course} />
            <input type="hidden" name="document" value={seenVersion(id, head)} />
            <button type="submit" className={`${controls["button"]} ${controls["first"]}`}>
              Publish version {head}
            </button>
          </form>
        )}
      </section>
    </>
  );
}

/** What is in the way, each with the way to its line. */
export function ProblemList({
  course,
  problems,
}: {
  course: string;
  problems: readonly CheckProblem[];
}) {
  if (problems.length === 0) return null;
  return (
    <ul className={author["checks"]}>
      {problems.map(({ message, file, line, at }) => (
        <li key={`${file}:${line}: ${message}`} data-state="failed">
          <Icon name="cross" />
          <span>
            {message}
            {file !== "" && (
              <span className={author["sub"]}>
                {at === undefined ? (
                  `${file}, line ${line}`
                ) : (
                  <a href={documentUrl(course, at.documentId, { file: at.path, line })}>
                    {at.path}, line {line}
                  </a>
                )}
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
