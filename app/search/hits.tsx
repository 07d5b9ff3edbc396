import type { SearchHit } from "#notebook/document";
import { lectureNumber } from "../lectures/title.ts";
import css from "./search.module.css";

interface HitsProps {
  hits: readonly SearchHit[];
  /** Called when one is followed. */
  onFollow?: () => void;
}

/** What was found: each a way to its place, and a piece of the text around it. */
export function Hits({ hits, onFollow }: HitsProps) {
  return (
    <ol className={css["hits"]}>
      {hits.map((hit) => (
        <li key={hit.href}>
          <a href={hit.href} onClick={onFollow}>
            {nameOf(hit)}
          </a>
          <span className={css["where"]}>
            Lecture {lectureNumber({ number: hit.lectureNumber })}
          </span>
          <p className={hit.kind === "cell" ? css["code"] : css["snippet"]}>
            {hit.snippet.map(({ text, isHit }, place) =>
              // biome-ignore lint/suspicious/noArrayIndexKey: a snippet is drawn as a whole
              isHit ? <mark key={place}>{text}</mark> : text,
            )}
          </p>
        </li>
      ))}
    </ol>
  );
}

function nameOf({ cell, section, lectureTitle }: SearchHit): string {
  if (cell === undefined) return section === "" ? lectureTitle : section;
  return cell.title === "" ? `Cell ${cell.number}` : `Cell ${cell.number}: ${cell.title}`;
}
