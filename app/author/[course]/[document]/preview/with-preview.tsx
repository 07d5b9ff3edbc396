"use client";

import { type ReactNode, useMemo } from "react";
import type { Files } from "../edited-files.ts";
import css from "./preview.module.css";
import { PreviewFrame } from "./preview-frame.tsx";
import { useOwnDocument } from "./use-own-document.ts";

interface WithPreviewProps {
  course: string;
  documentId: string;
  files: Files;
  isShown: boolean;
  /** Of the text's own place. */
  className: string | undefined;
  children: ReactNode;
}

/** The text, and beside it, when it is wanted, the student's page of what is typed. */
export function WithPreview(props: WithPreviewProps) {
  const { course, documentId, files, isShown, className, children } = props;
  useOwnDocument();
  const texts = useMemo(
    () =>
      Object.fromEntries(
        [...files.values()].flatMap((file) =>
          file.kind === "text" ? [[file.path, file.text] as const] : [],
        ),
      ),
    [files],
  );
  return (
    <div className={css["beside"]} data-split={isShown || undefined}>
      <div className={className}>{children}</div>
      {isShown && <PreviewFrame course={course} documentId={documentId} files={texts} />}
    </div>
  );
}
