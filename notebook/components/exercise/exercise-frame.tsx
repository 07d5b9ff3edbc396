import type { ReactNode } from "react";
import type { ExerciseManifest } from "#notebook/document";
import css from "./exercise.module.css";

interface ExerciseFrameProps {
  manifest: ExerciseManifest;
  /** 1 on a page of its own, 3 in a lecture. */
  level: 1 | 3;
  /** What is asked, rendered. */
  task: ReactNode;
  /** Facts, editor, tests, results. */
  children: ReactNode;
}

/** An exercise as it stands in a lecture: the boundary, number and title, what is asked. */
export function ExerciseFrame({ manifest, level, task, children }: ExerciseFrameProps) {
  const { id, number, title } = manifest;
  const Heading = level === 1 ? "h1" : "h3";
  return (
    <section className={css["exercise"]} id={`exercise-${id}`} aria-labelledby={`title-${id}`}>
      <header className={css["head"]}>
        <Heading className={css["title"]} id={`title-${id}`}>
          <span>{number.replace(/^E/, "")}</span> {title}
        </Heading>
      </header>
      <div className={css["task"]}>{task}</div>
      {children}
    </section>
  );
}
