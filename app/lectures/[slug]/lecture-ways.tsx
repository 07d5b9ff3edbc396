import { Continue } from "./continue.tsx";
import { PrintButton } from "./print-button.tsx";

/** On from where one stopped, and what one can take along. */
export function LectureWays({ slug }: { slug: string }) {
  return (
    <>
      <Continue slug={slug} />
      <span>
        Take along: <a href={`/lectures/${slug}/notebook.ipynb`}>notebook (.ipynb)</a>{" "}
        <a href={`/lectures/${slug}/cells.ts`}>cells (.ts)</a> <PrintButton />
      </span>
    </>
  );
}
