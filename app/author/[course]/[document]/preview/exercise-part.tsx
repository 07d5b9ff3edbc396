"use client";

import { useMemo } from "react";
import { ExerciseFrame, ExerciseIsland, ExerciseStill } from "#notebook/components/exercise";
import type { RemoteExercise } from "#notebook/session/exercise";
import type { ExercisePreview } from "#server/content/preview";
import { Picture, type PictureInText } from "../../../../lectures/[slug]/picture.tsx";
import prose from "../../../../lectures/[slug]/prose.module.css";
import type { Parts } from "../../../../lectures/[slug]/prose.tsx";
import { merged, type ShownBlock } from "./merged.ts";
import { Pieces } from "./pieces.tsx";
import { bodyOf } from "./shown-body.ts";
import type { ReaderView } from "./use-reader-view.ts";
import { WRONG_PARTS } from "./wrong.tsx";

interface ExercisePartProps {
  preview: ExercisePreview;
  /** Blocks that came with earlier answers, too. */
  blocks?: readonly ShownBlock[];
  documentId: string;
  /** The address that the names of its pictures stand under. */
  home: string;
  /** 1 on a page of its own, 3 in a lecture. */
  level: 1 | 3;
  reader: ReaderView;
}

/** An exercise as it is typed: its visible tests run, and nothing is handed in. */
export function ExercisePart({
  preview,
  blocks,
  documentId,
  home,
  level,
  reader,
}: ExercisePartProps) {
  const { sheet } = preview;
  const shown = blocks ?? merged(undefined, preview).blocks;
  const student = useMemo(
    () =>
      reader === "reader"
        ? undefined
        : { userId: `preview-${documentId}`, isEnrolled: true, attempts: [], graded: undefined },
    [reader, documentId],
  );
  const { pictures } = preview;
  const parts = useMemo(() => partsWith(pictures, home), [pictures, home]);
  if (sheet === undefined) return null;
  // What is typed here is kept apart from what the author types as a student.
  const apart = { ...sheet, manifest: { ...sheet.manifest, id: `preview-${sheet.manifest.id}` } };
  const given = { sheet: apart, student, signInHref: "#main" };
  return (
    <ExerciseFrame
      manifest={sheet.manifest}
      level={level}
      task={
        <div className={prose["flow"]}>
          <Pieces text={bodyOf(shown)} blocks={shown} parts={parts} />
        </div>
      }
    >
      <ExerciseIsland
        // Other tests or another starter make it another exercise: it begins anew.
        key={`${reader} ${JSON.stringify(sheet)}`}
        {...given}
        remote={NOBODYS}
        still={<ExerciseStill {...given} />}
      />
    </ExerciseFrame>
  );
}

function partsWith(pictures: ExercisePreview["pictures"], home: string): Parts {
  return {
    ...WRONG_PARTS,
    "kb-picture": function PicturePart(picture: PictureInText) {
      return <Picture {...picture} pictures={pictures} home={home} />;
    },
  };
}

const NOBODYS: RemoteExercise = {
  loadDraft: async () => ({ kind: "denied", because: "signed-out" }),
  saveDraft: async () => ({ kind: "denied", because: "signed-out" }),
  submit: async () => ({
    kind: "invalid",
    problems: ["This is a preview: hidden tests do not run."],
  }),
};
