import { counted } from "#notebook/document";
import type { AuthoredDocument } from "#server/authoring";
import css from "../../class/class.module.css";
import { LocalTime } from "../../local-time.tsx";
import author from "../author.module.css";
import { seenVersion } from "../seen-version.ts";
import { CHECK_TEXT, publicationText } from "../state-text.ts";
import { checkUrl, documentUrl, versionsUrl } from "../urls.ts";

interface DocumentRowsProps {
  course: string;
  documents: readonly AuthoredDocument[];
}

export function DocumentRows({ course, documents }: DocumentRowsProps) {
  return (
    <div className={author["scroll"]}>
      <table className={css["data"]}>
        <thead>
          <tr>
            <th scope="col">Number</th>
            <th scope="col">Title</th>
            <th scope="col">State</th>
            <th scope="col">Draft</th>
            <th scope="col">Last check</th>
            <th scope="col">Publish</th>
          </tr>
        </thead>
        <tbody>
          {documents.map((document) => (
            <DocumentRow key={document.id} course={course} document={document} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DocumentRow({ course, document }: { course: string; document: AuthoredDocument }) {
  const { id, kind, number, title, head, isAhead, draftAt, otherAuthors, check, survivors } =
    document;
  return (
    <tr data-kind={kind}>
      <td className={kind === "exercise" ? author["below"] : undefined}>{number}</td>
      <td className={author["title"]}>
        <a href={documentUrl(course, id)}>{title}</a>
      </td>
      <td>
        <span data-state={isAhead ? "stale" : undefined} className={author["state"]}>
          {publicationText(document)}
        </span>{" "}
        <a href={versionsUrl(course, id)} aria-label={`Versions of ${title}`}>
          v{head}
        </a>
      </td>
      <td>
        {draftAt !== undefined && (
          <>
            Yours, <LocalTime at={draftAt.toISOString()} />
          </>
        )}
        {otherAuthors.length > 0 && <div>{otherAuthors.join(", ")}</div>}
      </td>
      <td>
        {check !== undefined && <a href={checkUrl(course, check.id)}>{CHECK_TEXT[check.state]}</a>}
        {survivors > 0 && (
          <div className={author["state"]} data-state="stale">
            {counted(survivors, "mistake")} not noticed
          </div>
        )}
      </td>
      <td>
        {isAhead && (
          <label className={author["tick"]}>
            <input
              type="checkbox"
              name="document"
              value={seenVersion(id, head)}
              aria-label={`Publish ${title}`}
            />
          </label>
        )}
      </td>
    </tr>
  );
}
