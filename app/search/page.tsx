import type { Metadata } from "next";
import { searchCourse } from "#server/course";
import controls from "../controls.module.css";
import plain from "../plain.module.css";
import { closedExercises } from "./closed-exercises.ts";
import { countOf } from "./count.ts";
import { Hits } from "./hits.tsx";
import css from "./search.module.css";

export const metadata: Metadata = { title: "Search" };

/** The search as a page of its own, for whom the dialog of the bar does not open. */
export default async function SearchPage({ searchParams }: PageProps<"/search">) {
  const { q } = await searchParams;
  const closed = await closedExercises(Date.now());
  const answer = await searchCourse(typeof q === "string" ? q : "", closed);
  return (
    <main id="main" className={plain["plain"]}>
      <h1>Search</h1>
      <form action="/search" className={css["form"]}>
        <input
          type="search"
          name="q"
          defaultValue={answer.query}
          aria-label="Search the course"
          className={css["field"]}
          autoComplete="off"
        />
        <button type="submit" className={`${controls["button"]} ${controls["first"]}`}>
          Search
        </button>
      </form>
      {answer.query !== "" && (
        <>
          <p className={plain["kind"]} role="status">
            {answer.total === 0 ? `Nothing for “${answer.query}”` : countOf(answer)}
          </p>
          {answer.total === 0 ? (
            <p className={plain["say"]}>
              The search knows the words of headings, texts and cells. Try fewer words, or the name
              of the thing in the kernel: <code>verifier</code>, <code>lock</code>, <code>r10</code>
              .
            </p>
          ) : (
            <Hits hits={answer.hits} />
          )}
        </>
      )}
    </main>
  );
}
