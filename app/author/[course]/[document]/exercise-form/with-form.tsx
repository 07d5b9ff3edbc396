"use client";

import { lazy, type ReactNode, Suspense } from "react";
import css from "./exercise-form.module.css";

// With the reader of YAML: who writes a lecture needs neither.
const ExerciseForm = lazy(async () => {
  const { ExerciseForm: form } = await import("./exercise-form.tsx");
  return { default: form };
});

interface WithFormProps {
  course: string;
  documentId: string;
  /** Of `exercise.yaml`; undefined for any other file, which has no form. */
  text: string | undefined;
  onChange: (text: string) => void;
  /** The text's editor. */
  children: ReactNode;
}

/** `exercise.yaml` with its form beside it; any other text alone. */
export function WithForm({ course, documentId, text, onChange, children }: WithFormProps) {
  return (
    <div className={css["place"]}>
      <div className={css["beside"]} data-split={text !== undefined || undefined}>
        {text !== undefined && (
          <Suspense fallback={<p className={css["form"]}>The form is on its way.</p>}>
            <ExerciseForm course={course} documentId={documentId} text={text} onChange={onChange} />
          </Suspense>
        )}
        <div className={css["text"]}>{children}</div>
      </div>
    </div>
  );
}
