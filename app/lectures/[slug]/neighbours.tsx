import type { LectureDocument } from "#notebook/document";
import { shortTitle } from "../title.ts";
import css from "./lecture.module.css";

interface NeighboursProps {
  slug: string;
  lectures: readonly LectureDocument[];
}

/** The ways to the lectures before and after this one, where there are such. */
export function Neighbours({ slug, lectures }: NeighboursProps) {
  const at = lectures.findIndex(({ frontMatter }) => frontMatter.slug === slug);
  const [previous, next] = [lectures[at - 1], lectures[at + 1]];
  if (previous === undefined && next === undefined) return null;
  return (
    <nav className={css["neighbours"]} aria-label="Other lectures">
      {previous !== undefined && (
        <a href={`/lectures/${previous.frontMatter.slug}`} rel="prev">
          <span>Before</span> {shortTitle(previous.frontMatter)}
        </a>
      )}
      {next !== undefined && (
        <a href={`/lectures/${next.frontMatter.slug}`} rel="next">
          <span>Next</span> {shortTitle(next.frontMatter)}
        </a>
      )}
    </nav>
  );
}
