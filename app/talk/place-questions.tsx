"use client";

import { useEffect, useState } from "react";
import { askUrl, questionsUrl } from "../class/talk-urls.ts";
import css from "./place.module.css";

interface Count {
  readonly cellId?: string;
  readonly exerciseSlug?: string;
  readonly questions: number;
}

interface PlaceQuestionsProps {
  run: string;
  lecture: string;
  cell?: string;
  exercise?: string;
}

/** The way to the questions of a place, and how many there are, which comes after the page. */
export function PlaceQuestions({ run, lecture, cell, exercise }: PlaceQuestionsProps) {
  const [questions, setQuestions] = useState<number | undefined>(undefined);
  useEffect(() => {
    let isGone = false;
    const show = async () => {
      const counts = await countsOf(lecture);
      const here = counts?.find((c) => c.cellId === cell && c.exerciseSlug === exercise);
      if (!isGone && counts !== undefined) setQuestions(here?.questions ?? 0);
    };
    void show();
    return () => {
      isGone = true;
    };
  }, [lecture, cell, exercise]);
  const place = { lectureSlug: lecture, cellId: cell, exerciseSlug: exercise };
  const href = questions === 0 ? askUrl(run, place) : questionsUrl(run, place);
  const says = textOf(questions);
  const where = cell === undefined ? "about this exercise" : "about this cell";
  return cell === undefined ? (
    <a href={href}>
      {says} {where}
    </a>
  ) : (
    <a
      className={css["mark"]}
      data-some={(questions ?? 0) > 0 || undefined}
      href={href}
      aria-label={`${says} ${where}`}
      title={`${says} ${where}`}
    >
      {questions ? questions : "?"}
    </a>
  );
}

function textOf(questions: number | undefined): string {
  if (questions === undefined) return "Questions";
  if (questions === 0) return "Ask a question";
  return questions === 1 ? "1 question" : `${questions} questions`;
}

/** One request for all places of a lecture. */
const asked = new Map<string, Promise<readonly Count[] | undefined>>();

function countsOf(lecture: string): Promise<readonly Count[] | undefined> {
  const found = asked.get(lecture) ?? afterThePage().then(() => readCounts(lecture));
  asked.set(lecture, found);
  return found;
}

async function readCounts(lecture: string): Promise<readonly Count[] | undefined> {
  try {
    const answer = await fetch(`/questions/counts?lecture=${encodeURIComponent(lecture)}`);
    return answer.ok ? await answer.json() : undefined;
  } catch {
    // Offline: the way there is shown without a number.
    return undefined;
  }
}

/** What is read and run comes first. */
function afterThePage(): Promise<void> {
  return new Promise((free) => {
    if (document.readyState === "complete") free();
    else addEventListener("load", () => free(), { once: true });
  });
}
