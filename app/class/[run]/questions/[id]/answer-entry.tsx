import { mayEditText, type Viewer } from "#server/policies";
import type { QuestionThread, ThreadAnswer } from "#server/queries";
import { LocalTime } from "../../../../local-time.tsx";
import { TalkText } from "../../../../talk/said.tsx";
import css from "../../../../talk/talk.module.css";
import { EditForm } from "./answer-form.tsx";
import { RemoveButton } from "./buttons.tsx";

interface AnswerEntryProps {
  thread: QuestionThread;
  answer: ThreadAnswer;
  viewer: Viewer;
  isStaff: boolean;
}

/** One answer; who asked for the staff alone stays unnamed when they answer, too. */
export function AnswerEntry({ thread, answer, viewer, isStaff }: AnswerEntryProps) {
  const { id, text, at, editedAt, isRemoved } = answer;
  const isAsker = answer.authorId !== null && answer.authorId === thread.authorId;
  const isUnnamed =
    isAsker && !isStaff && thread.askedFor === "staff" && viewer.userId !== thread.authorId;
  const name = isUnnamed ? "The asker" : (answer.author ?? "Somebody who is gone");
  const mayEdit = mayEditText(viewer, answer, new Date()).kind === "allowed";
  return (
    <article className={css["entry"]}>
      <p className={css["by"]}>
        <b>{name}</b>
        {answer.isStaff && ", staff"}
        {isAsker && !isUnnamed && ", who asked"} · <LocalTime at={at.toISOString()} />
        {editedAt !== undefined && ", changed since"}
        {isRemoved && " · taken away: only the staff sees it"}
      </p>
      <TalkText text={text} />
      {(isStaff || mayEdit) && (
        <div className={css["actions"]}>
          {isStaff && <RemoveButton question={thread.id} answer={id} isRemoved={isRemoved} />}
          {mayEdit && <EditForm question={thread.id} answer={id} text={text} />}
        </div>
      )}
    </article>
  );
}
