"use client";

import { useEffect, useState } from "react";
import { useNotebook } from "#notebook/components";
import { counted } from "#notebook/document";
import { askUrl, questionsUrl } from "../class/talk-urls.ts";
import { carryCode } from "./carried-code.ts";
import css from "./place.module.css";

interface Count {
  readonly cellId?: string;
  readonly exerciseSlug?: string;
  readonly questions: number;
}

interface ExerciseQuestionsProps {
  run: string;
  lecture: string;
  exercise: string;
}

interface CellQuestionsProps {
  run: string;
  lecture: string;
  cell: string;
}

/** The way to the questions of an exercise, and how many there are. */
export function ExerciseQuestions({ run, lecture, exercise }: ExerciseQuestionsProps) {
  const { href, says } = useQuestions(run, lecture, { exerciseSlug: exercise });
  return <a href={href}>{says} about this exercise</a>;
}

/** The same at a cell, whose present text goes along. */
export function CellQuestions({ run, lecture, cell }: CellQuestionsProps) {
  const { href, says, questions } = useQuestions(run, lecture, { cellId: cell });
  const notebook = useNotebook();
  const name = `${says} about this cell`;
  return (
    <a
      className={css["mark"]}
      data-some={(questions ?? 0) > 0 || undefined}
      href={href}
      aria-label={name}
      title={name}
      onClick={() => carryCode(lecture, cell, notebook.cell(cell)?.source ?? "")}
    >
      {questions ? questions : "?"}
    </a>
  );
}

/** How many there are comes after the page. */
function useQuestions(run: string, lecture: string, { cellId, exerciseSlug }: Partial<Count>) {
  const [questions, setQuestions] = useState<number | undefined>(undefined);
  useEffect(() => {
    let isGone = false;
    const show = async () => {
      const counts = await countsOf(lecture);
      const here = counts?.find((c) => c.cellId === cellId && c.exerciseSlug === exerciseSlug);
      if (!isGone && counts !== undefined) setQuestions(here?.questions ?? 0);
    };
    void show();
    return () => {
      isGone = true;
    };
  }, [lecture, cellId, exerciseSlug]);
  const place = { lectureSlug: lecture, cellId, exerciseSlug };
  const href = questions === 0 ? askUrl(run, place) : questionsUrl(run, place);
  return { href, questions, says: textOf(questions) };
}

function textOf(questions: number | undefined): string {
  if (questions === undefined) return "Questions";
  if (questions === 0) return "Ask a question";
  return counted(questions, "question");
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
