import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { db } from "#server/db";
import { exercisesOfRun } from "#server/queries";
import css from "../../../../talk/talk.module.css";
import { requireMember } from "../../../talk-access.ts";
import { askUrl, placeUrl, questionsUrl } from "../../../talk-urls.ts";
import { single } from "../../../urls.ts";
import { placesOf } from "../places.ts";
import { presentCode } from "../quote.ts";
import { AskForm } from "./ask-form.tsx";

export const metadata: Metadata = { title: "Ask" };

interface AskPageProps {
  params: Promise<{ run: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

/** Asks about a cell, an exercise, a lecture, or the course, whatever the address names. */
export default async function AskPage({ params, searchParams }: AskPageProps) {
  const [{ run: slug }, query] = [await params, await searchParams];
  const asked = {
    lectureSlug: single(query["lecture"]) || undefined,
    cellId: single(query["cell"]) || undefined,
    exerciseSlug: single(query["exercise"]) || undefined,
  };
  const { run, viewer } = await requireMember(slug, askUrl(slug, asked));
  const places = await placesOf(run.id);
  const place = places.find(asked) ?? notFound();
  const exercises = await exercisesOfRun(db(), run.id);
  const exerciseId = exercises.find((found) => found.slug === place.exerciseSlug)?.id;
  const name = places.nameOf(place) ?? notFound();
  const at = placeOf(place);
  return (
    <main className={css["talk"]} id="main">
      <h1>Ask a question</h1>
      <p className={css["where"]}>
        About{" "}
        {place.lectureSlug === undefined ? "the course" : <a href={placeUrl(place)}>{name}</a>} ·{" "}
        <a href={questionsUrl(slug)}>{run.title}, questions</a>
      </p>
      <AskForm
        run={slug}
        kept={`${viewer.userId} ask ${Object.values(at).join(" ")}`.trim()}
        place={at}
        code={await presentCode(viewer.userId, place, exerciseId)}
      />
    </main>
  );
}

/** Only what names the place: an exercise knows its lecture. */
function placeOf({
  lectureSlug,
  cellId,
  exerciseSlug,
}: {
  lectureSlug?: string | undefined;
  cellId?: string | undefined;
  exerciseSlug?: string | undefined;
}): { lecture?: string; cell?: string; exercise?: string } {
  if (exerciseSlug !== undefined) return { exercise: exerciseSlug };
  return {
    ...(lectureSlug === undefined ? {} : { lecture: lectureSlug }),
    ...(cellId === undefined ? {} : { cell: cellId }),
  };
}
