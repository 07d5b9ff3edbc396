"use client";

import type { ExercisePreview } from "#server/content/preview";
import page from "../../../../lectures/[slug]/lecture.module.css";
import { ExercisePart } from "./exercise-part.tsx";
import css from "./preview.module.css";
import { PreviewBar } from "./preview-bar.tsx";
import { usePreview } from "./use-preview.ts";
import { useReaderView } from "./use-reader-view.ts";

interface ExercisePageProps {
  course: string;
  documentId: string;
  initial: ExercisePreview;
}

/** The student's page of an exercise as it is typed. */
export function ExercisePreviewPage({ course, documentId, initial }: ExercisePageProps) {
  const document = `/author/${encodeURIComponent(course)}/${documentId}`;
  const url = `${document}/reading`;
  const { shown, isBehind } = usePreview(initial, { documentId, url });
  const [reader, setReader] = useReaderView();
  const { answer, blocks } = shown;
  return (
    <>
      <PreviewBar
        reader={reader}
        onReader={setReader}
        problems={answer.problems.length}
        isBehind={isBehind}
      />
      <div className={css["sheet"]}>
        <main id="main" className={`${page["text"]} ${css["text"]}`}>
          {answer.problems.length > 0 && (
            <div className={css["wrong"]} role="note" aria-label="Problems">
              {answer.problems.map(({ file, line, message }) => (
                <p key={`${file}:${line}:${message}`}>
                  {file}, line {line}: {message}
                </p>
              ))}
            </div>
          )}
          <ExercisePart
            preview={answer}
            blocks={blocks}
            documentId={documentId}
            home={`${document}/pictures`}
            level={1}
            reader={reader}
          />
        </main>
      </div>
    </>
  );
}
