import {
  type Condition,
  type FilterWord,
  type Gradebook,
  lectureNumber,
  printFilter,
} from "#server/queries";
import controls from "../../controls.module.css";
import { csvUrl, type GradebookAddress, gradebookUrl } from "../urls.ts";
import css from "./filters.module.css";

interface FiltersProps {
  run: string;
  words: readonly FilterWord[];
  address: GradebookAddress;
  book: Gradebook;
  students: number;
}

const CONDITIONS: Readonly<Record<Condition, string>> = {
  "below-full": "Below full marks",
  untried: "Not tried",
  queued: "In the queue",
  ungraded: "To be graded by hand",
};

/** What is shown, as words that can be typed and as chips that can be taken away. */
export function Filters({ run, words, address, book, students }: FiltersProps) {
  const { filter = "", sort = "name" } = address;
  const without = (word: FilterWord): string =>
    gradebookUrl(run, {
      ...address,
      filter: printFilter(words.filter((other) => other !== word)),
      page: 1,
    });
  return (
    <div className={css["filters"]}>
      <search>
        <form action={`/class/${run}`} className={css["form"]}>
          <label className={controls["unseen"]} htmlFor="filter">
            Filter
          </label>
          {/* Typed anew when a chip has changed it. */}
          <input
            key={filter}
            className={css["field"]}
            id="filter"
            name="filter"
            type="search"
            defaultValue={filter}
            size={28}
            placeholder="name lecture:7,11 is:untried"
            autoComplete="off"
            spellCheck={false}
          />
          {sort !== "name" && <input type="hidden" name="sort" value={sort} />}
          <button type="submit" className={controls["button"]}>
            Filter
          </button>
        </form>
      </search>
      {words.map((word) => (
        <a
          key={printFilter([word])}
          className={css["chip"]}
          data-unknown={word.kind === "unknown" || undefined}
          href={without(word)}
          aria-label={`Remove: ${chipText(word)}`}
        >
          {chipText(word)} <span aria-hidden="true">×</span>
        </a>
      ))}
      <AddFilter run={run} words={words} address={address} book={book} />
      <span className={css["end"]}>
        {book.shown} of {students} shown ·{" "}
        <a href={csvUrl(run, address)} download>
          CSV
        </a>
      </span>
    </div>
  );
}

function chipText(word: FilterWord): string {
  switch (word.kind) {
    case "name":
      return `Named “${word.part}”`;
    case "lecture":
      return `${word.numbers.length === 1 ? "Lecture" : "Lectures"} ${word.numbers.join(", ")}`;
    case "exercise":
      return `${word.numbers.length === 1 ? "Exercise" : "Exercises"} ${word.numbers.join(", ")}`;
    case "is":
      return CONDITIONS[word.condition];
    case "status":
      return `Ended as ${word.statuses.join(" or ")}`;
    case "unknown":
      return `“${word.text}” means nothing`;
  }
}

interface AddFilterProps {
  run: string;
  words: readonly FilterWord[];
  address: GradebookAddress;
  book: Gradebook;
}

/** The words that can be added, as links: nobody has to know them. */
function AddFilter({ run, words, address, book }: AddFilterProps) {
  const lectures = [...new Set(book.exercises.map((e) => lectureNumber(e.lectureSlug)))];
  const offered: FilterWord[] = [
    ...(Object.keys(CONDITIONS) as Condition[]).map(
      (condition): FilterWord => ({ kind: "is", condition }),
    ),
    ...["time-out", "memory", "crashed", "compile-error", "tampered"].map(
      (status): FilterWord => ({ kind: "status", statuses: [status] }),
    ),
    ...(lectures.length > 1 ? lectures : []).map(
      (number): FilterWord => ({ kind: "lecture", numbers: [number] }),
    ),
  ];
  const present = new Set(words.map((word) => printFilter([word])));
  const left = offered.filter((word) => !present.has(printFilter([word])));
  return (
    <details className={css["menu"]} name="gradebook-menu">
      <summary className={controls["button"]}>Add filter</summary>
      <ul>
        {left.map((word) => (
          <li key={printFilter([word])}>
            <a
              className={css["word"]}
              href={gradebookUrl(run, {
                ...address,
                filter: printFilter([...words, word]),
                page: 1,
              })}
            >
              {chipText(word)} <code>{printFilter([word])}</code>
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
