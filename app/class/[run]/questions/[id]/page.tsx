import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { CodeText } from "#notebook/components";
import { counted } from "#notebook/document";
import { db } from "#server/db";
import {
  mayEditText,
  maySeeQuestion,
  maySeeQuote,
  maySettleQuestion,
  type Viewer,
} from "#server/policies";
import {
  askerFor,
  type QuestionReader,
  type QuestionThread,
  questionThread,
} from "#server/queries";
import { LocalTime } from "../../../../local-time.tsx";
import { ForgetText } from "../../../../talk/kept-text.tsx";
import { TalkText } from "../../../../talk/said.tsx";
import css from "../../../../talk/talk.module.css";
import { requireMember } from "../../../talk-access.ts";
import { placeUrl, questionsUrl, questionUrl } from "../../../talk-urls.ts";
import { placesOf } from "../places.ts";
import { AnswerEntry } from "./answer-entry.tsx";
import { AnswerForm, EditForm } from "./answer-form.tsx";
import { AnsweredButton, AudienceButton, RemoveButton } from "./buttons.tsx";

export const metadata: Metadata = { title: "Question" };

interface QuestionPageProps {
  params: Promise<{ run: string; id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** A question and its answers. */
export default async function QuestionPage({ params, searchParams }: QuestionPageProps) {
  const { run: slug, id } = await params;
  const { run, viewer, reader } = await requireMember(slug, questionUrl(slug, id));
  const thread = (await questionThread(db(), { runId: run.id, id })) ?? notFound();
  // A question that is not for them and one that does not exist look the same.
  if (maySeeQuestion(viewer, thread).kind === "denied") notFound();
  const places = await placesOf(run.id);
  const answers = thread.answers.filter(({ isRemoved }) => reader.isStaff || !isRemoved);
  return (
    <main className={css["talk"]} id="main">
      <h1>{thread.title}</h1>
      <p className={css["where"]}>
        {thread.lectureSlug === undefined ? (
          "The course"
        ) : (
          <a href={placeUrl(thread)}>{places.nameOf(thread) ?? "A place that is gone"}</a>
        )}{" "}
        · {thread.audience === "class" ? "seen by the class" : "seen by the staff alone"} ·{" "}
        {thread.isAnswered ? "answered" : "open"} ·{" "}
        <a href={questionsUrl(slug)}>{run.title}, questions</a>
      </p>
      <Question thread={thread} viewer={viewer} reader={reader} />
      <h2>{counted(answers.length, "answer")}</h2>
      {answers.map((answer) => (
        <AnswerEntry
          key={answer.id}
          thread={thread}
          answer={answer}
          viewer={viewer}
          isStaff={reader.isStaff}
        />
      ))}
      {!thread.isRemoved && (
        <AnswerForm question={thread.id} kept={`${viewer.userId} answer ${thread.id}`} />
      )}
      {reader.isStaff && <History thread={thread} />}
      {"asked" in (await searchParams) && <ForgetText kept={askedAs(viewer, thread)} />}
    </main>
  );
}

/** As the form that asked it kept its text. */
function askedAs(
  { userId }: Viewer,
  { lectureSlug, cellId, exerciseSlug }: QuestionThread,
): string {
  const at = exerciseSlug === undefined ? [lectureSlug, cellId] : [exerciseSlug];
  return [userId, "ask", ...at.filter((part) => part !== undefined)].join(" ");
}

interface QuestionProps {
  thread: QuestionThread;
  viewer: Viewer;
  reader: QuestionReader;
}

function Question({ thread, viewer, reader }: QuestionProps) {
  const { id, text, quote, at, editedAt, isRemoved } = thread;
  const mayEdit = mayEditText(viewer, thread, new Date()).kind === "allowed";
  const maySettle = maySettleQuestion(viewer, thread).kind === "allowed";
  const isQuoted = quote !== undefined && maySeeQuote(viewer, thread).kind === "allowed";
  return (
    <article className={css["entry"]} data-first="">
      <p className={css["by"]}>
        <b>{askerFor(reader, thread) ?? "A student"}</b> · <LocalTime at={at.toISOString()} />
        {editedAt !== undefined && ", changed since"}
        {isRemoved && " · taken away: only the staff sees it"}
      </p>
      <TalkText text={text} />
      {isQuoted && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <section className={css["quote"]} aria-label="The asker’s code" tabIndex={0}>
          <CodeText source={quote} hasNumbers={true} badLine={undefined} />
        </section>
      )}
      {quote !== undefined && !isQuoted && (
        <p className={css["facts"]}>The code that goes with it is seen by the staff alone.</p>
      )}
      <div className={css["actions"]}>
        {maySettle && <AnsweredButton question={id} isAnswered={thread.isAnswered} />}
        {reader.isStaff && <AudienceButton question={id} audience={thread.audience} />}
        {reader.isStaff && <RemoveButton question={id} isRemoved={isRemoved} />}
        {mayEdit && <EditForm question={id} text={text} />}
      </div>
    </article>
  );
}

/** What was done to it, for the staff. */
function History({ thread: { changes } }: { thread: QuestionThread }) {
  if (changes.length === 0) return null;
  return (
    <details className={css["history"]}>
      <summary>What was done to it</summary>
      <ol className={css["list"]}>
        {changes.map(({ id, by, kind, isOfAnswer, at }) => (
          <li key={id}>
            <span>
              {by ?? "Somebody who is erased"}: {isOfAnswer && "an answer "}
              {kind}
            </span>
            <LocalTime at={at.toISOString()} />
          </li>
        ))}
      </ol>
    </details>
  );
}
