import type { Metadata } from "next";
import { counted } from "#notebook/document";
import { db } from "#server/db";
import {
  type ListedQuestion,
  QUESTION_LISTS,
  type QuestionList,
  questionsOf,
} from "#server/queries";
import controls from "../../../controls.module.css";
import { LocalTime } from "../../../local-time.tsx";
import css from "../../../talk/talk.module.css";
import { requireMember } from "../../talk-access.ts";
import { announcementsUrl, askUrl, placeUrl, questionsUrl, questionUrl } from "../../talk-urls.ts";
import { single } from "../../urls.ts";
import { type Places, placesOf } from "./places.ts";

export const metadata: Metadata = { title: "Questions" };

const QUESTIONS_A_PAGE = 50;

const LISTS: Readonly<Record<QuestionList, string>> = {
  open: "Open",
  all: "All",
  mine: "Mine",
  staff: "For the staff alone",
  removed: "Taken away",
};

interface QuestionsPageProps {
  params: Promise<{ run: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** What is asked in a run, as far as the viewer may see it. */
export default async function QuestionsPage({ params, searchParams }: QuestionsPageProps) {
  const [{ run: slug }, query] = [await params, await searchParams];
  const given = {
    lectureSlug: single(query["lecture"]) || undefined,
    cellId: single(query["cell"]) || undefined,
    exerciseSlug: single(query["exercise"]) || undefined,
  };
  const asked = QUESTION_LISTS.find((name) => name === single(query["show"]));
  const page = Math.max(1, Math.trunc(Number(single(query["page"])) || 1));
  const { run, reader } = await requireMember(slug, questionsUrl(slug, { list: asked, ...given }));
  const list = asked ?? (reader.isStaff && given.lectureSlug === undefined ? "open" : "all");
  const [places, { questions, total }] = await Promise.all([
    placesOf(run.id),
    questionsOf(db(), reader, {
      list,
      ...given,
      limit: QUESTIONS_A_PAGE,
      offset: (page - 1) * QUESTIONS_A_PAGE,
    }),
  ]);
  const isAtPlace = given.cellId !== undefined || given.exerciseSlug !== undefined;
  const place = places.find(given);
  const pages = Math.ceil(total / QUESTIONS_A_PAGE);
  return (
    <main className={css["talk"]} id="main">
      <div className={css["head"]}>
        <h1>Questions{isAtPlace && place !== undefined && `: ${places.nameOf(place)}`}</h1>
        <a
          className={`${controls["button"]} ${controls["first"]}`}
          href={askUrl(slug, place ?? {})}
        >
          Ask {isAtPlace ? "about this" : "a question"}
        </a>
      </div>
      <p className={css["where"]}>
        {run.title} · {counted(total, "question")} ·{" "}
        <a href={announcementsUrl(slug)}>Announcements</a>
        {isAtPlace && place !== undefined && (
          <>
            {" "}
            · <a href={placeUrl(place)}>Back to its place</a>
          </>
        )}
      </p>
      <nav className={css["lists"]} aria-label="Which questions">
        {QUESTION_LISTS.filter((name) => name !== "removed" || reader.isStaff).map((name) => (
          <a
            key={name}
            href={questionsUrl(slug, { ...given, list: name })}
            aria-current={name === list ? "page" : undefined}
          >
            {LISTS[name]}
          </a>
        ))}
        {isAtPlace ? (
          <a href={questionsUrl(slug, { list })}>Of every place</a>
        ) : (
          <LectureChoice slug={slug} list={list} places={places} chosen={given.lectureSlug} />
        )}
      </nav>
      {questions.length === 0 ? (
        <p className={css["none"]}>{emptyText(list)}</p>
      ) : (
        <ul className={css["list"]}>
          {questions.map((question) => (
            <li key={question.id}>
              <QuestionLine slug={slug} question={question} places={places} />
            </li>
          ))}
        </ul>
      )}
      {pages > 1 && (
        <nav className={css["actions"]} aria-label="Pages of questions">
          {page > 1 && (
            <a rel="prev" href={questionsUrl(slug, { list, ...given, page: page - 1 })}>
              Newer
            </a>
          )}
          <span>
            Page {page} of {pages}
          </span>
          {page < pages && (
            <a rel="next" href={questionsUrl(slug, { list, ...given, page: page + 1 })}>
              Older
            </a>
          )}
        </nav>
      )}
    </main>
  );
}

function emptyText(list: QuestionList): string {
  switch (list) {
    case "open":
      return "No question waits for an answer here.";
    case "mine":
      return "You have asked nothing here yet.";
    case "removed":
      return "Nothing was taken away.";
    default:
      return "Nobody has asked anything here yet.";
  }
}

interface LectureChoiceProps {
  slug: string;
  list: QuestionList;
  places: Places;
  chosen: string | undefined;
}

function LectureChoice({ slug, list, places, chosen }: LectureChoiceProps) {
  return (
    <form action={questionsUrl(slug)}>
      <input type="hidden" name="show" value={list} />
      <label className={controls["unseen"]} htmlFor="lecture">
        Lecture
      </label>
      <select key={chosen} id="lecture" name="lecture" defaultValue={chosen ?? ""}>
        <option value="">Every lecture</option>
        {places.lectures.map((lecture) => (
          <option key={lecture.slug} value={lecture.slug}>
            {lecture.title}
          </option>
        ))}
      </select>
      <button type="submit" className={controls["button"]}>
        Show
      </button>
    </form>
  );
}

interface QuestionLineProps {
  slug: string;
  question: ListedQuestion;
  places: Places;
}

function QuestionLine({ slug, question, places }: QuestionLineProps) {
  const { id, title, author, audience, askedAt, answers, isAnswered } = question;
  return (
    <>
      <div>
        <b>
          <a href={questionUrl(slug, id)}>{title}</a>
        </b>
        <p>
          {places.nameOf(question) ?? "A place that is gone"} · {author ?? "A student"} ·{" "}
          <LocalTime at={askedAt.toISOString()} />
          {audience === "staff" && " · for the staff alone"}
        </p>
      </div>
      <p className={css["state"]}>
        {isAnswered ? "Answered" : <b>Open</b>}
        <br />
        {counted(answers, "answer")}
      </p>
    </>
  );
}
