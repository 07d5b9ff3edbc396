"use client";

import { type ComponentProps, useMemo } from "react";
import { NotebookProvider, NotebookTools, RevisedCells } from "#notebook/components";
import type { LectureDocument } from "#notebook/document";
import type { LecturePreview } from "#server/content/preview";
import css from "../../../../lectures/[slug]/lecture.module.css";
import { LectureHead } from "../../../../lectures/[slug]/lecture-head.tsx";
import { withMargin } from "../../../../lectures/[slug]/margin.ts";
import prose from "../../../../lectures/[slug]/prose.module.css";
import { splitLead } from "../../../../lectures/[slug]/sections.ts";
import { LectureContext, useLectureNumbers } from "./lecture-context.ts";
import { Pieces } from "./pieces.tsx";
import view from "./preview.module.css";
import { PreviewBar } from "./preview-bar.tsx";
import { LECTURE_PARTS } from "./preview-parts.tsx";
import { bodyOf } from "./shown-body.ts";
import { useExercises } from "./use-exercises.ts";
import { usePreview } from "./use-preview.ts";
import { useReaderView } from "./use-reader-view.ts";

interface LecturePageProps {
  course: string;
  documentId: string;
  initial: LecturePreview;
}

/** The student's page of a lecture as it is typed. */
export function LecturePreviewPage({ course, documentId, initial }: LecturePageProps) {
  const home = `/author/${encodeURIComponent(course)}`;
  const url = `${home}/${documentId}/reading`;
  const { shown, isBehind } = usePreview(initial, { documentId, url });
  const [reader, setReader] = useReaderView();
  const { answer, blocks, cells, figures, frontMatter } = shown;
  const exercises = useExercises(home, answer);
  const lecture = useMemo((): LectureDocument | undefined => {
    if (frontMatter === undefined) return undefined;
    const { headings, exerciseIds, wordCount, pictures } = answer;
    const body = bodyOf(blocks);
    return { frontMatter, headings, cells, exerciseIds, wordCount, pictures, body };
  }, [frontMatter, answer, cells, blocks]);
  const numbers = useLectureNumbers(lecture);
  const text = useMemo(() => {
    const body = bodyOf(blocks);
    return withMargin(frontMatter === undefined ? body : splitLead(body).rest);
  }, [blocks, frontMatter]);
  const context = useMemo(
    () => ({
      ...numbers,
      cells: new Map(cells.map((cell) => [cell.id, cell])),
      figures,
      pictures: answer.pictures,
      picturesHome: `${home}/${documentId}/pictures`,
      exercises,
      documentId,
      reader,
    }),
    [numbers, cells, figures, answer.pictures, home, exercises, documentId, reader],
  );
  const sessionCells = useMemo(() => cells.map(asSessionCell), [cells]);
  const page = useMemo(
    () => (
      <LectureContext value={context}>
        <div className={view["sheet"]}>
          <main id="main" className={`${css["text"]} ${prose["flow"]} ${view["text"]}`}>
            {lecture !== undefined && (
              <LectureHead lecture={lecture} points={pointsOf(exercises)} />
            )}
            <Pieces text={text} blocks={blocks} parts={LECTURE_PARTS} />
          </main>
        </div>
      </LectureContext>
    ),
    [context, lecture, exercises, text, blocks],
  );
  return (
    <NotebookProvider
      lecture={{ slug: `preview-${documentId}`, title: frontMatter?.title ?? "A lecture" }}
      cells={sessionCells}
    >
      <PreviewBar
        reader={reader}
        onReader={setReader}
        problems={answer.problems.length}
        isBehind={isBehind}
      >
        <NotebookTools />
      </PreviewBar>
      <RevisedCells cells={sessionCells}>{page}</RevisedCells>
    </NotebookProvider>
  );
}

type SessionCell = ComponentProps<typeof RevisedCells>["cells"][number];

function asSessionCell({ storedOutputs, ...cell }: LecturePreview["cells"][number]): SessionCell {
  return { ...cell, hasOutput: storedOutputs.length > 0 };
}

function pointsOf(exercises: ReturnType<typeof useExercises>): number {
  return [...exercises.values()].reduce((sum, { sheet }) => sum + (sheet?.manifest.points ?? 0), 0);
}
