import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { readExerciseSheet, readLecture } from "#server/course";
import page from "../../lectures/[slug]/lecture.module.css";
import { exerciseNumber } from "../../lectures/title.ts";
import "katex/dist/katex.min.css";
import "../../formulas.css";
import { Exercise } from "../exercise.tsx";
import css from "../exercises.module.css";

interface PageParams {
  params: Promise<{ id: string }>;
  searchParams: Promise<{ refused?: string | string[] }>;
}

export async function generateMetadata({ params }: Pick<PageParams, "params">): Promise<Metadata> {
  const { manifest } = (await exerciseOf(params)).sheet;
  return { title: `${exerciseNumber(manifest.number)} ${manifest.title}` };
}

/** An exercise on a page of its own. */
export default async function ExercisePage({ params, searchParams }: PageParams) {
  const { refused } = await searchParams;
  const { sheet, lectureSlug } = await exerciseOf(params);
  const { id } = sheet.manifest;
  const lecture = await readLecture(lectureSlug);
  return (
    <main id="main" className={page["text"]}>
      {lecture !== undefined && (
        <p className={css["where"]}>
          Exercise of{" "}
          <a href={`/lectures/${lectureSlug}#exercise-${id}`}>{lecture.frontMatter.title}</a>
        </p>
      )}
      <Exercise
        id={id}
        level={1}
        path={`/exercises/${id}`}
        refused={typeof refused === "string" ? refused : undefined}
      />
    </main>
  );
}

async function exerciseOf(params: Promise<{ id: string }>) {
  return (await readExerciseSheet((await params).id)) ?? notFound();
}
