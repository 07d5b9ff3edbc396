"use client";

import { useEffect, useRef } from "react";
import { isReady, sendText } from "./live-text.ts";
import css from "./preview.module.css";

interface PreviewFrameProps {
  /** Its slug. */
  course: string;
  documentId: string;
  /** The texts as they are typed, by path: at least those that are not stored yet. */
  files: Readonly<Record<string, string>>;
}

/** The student's page of a document beside its editor: shows each keystroke at once. */
export function PreviewFrame({ course, documentId, files }: PreviewFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const latest = useRef(files);
  useEffect(() => {
    latest.current = files;
    const page = frame.current?.contentWindow;
    if (page != null) sendText(page, { document: documentId, files });
  }, [documentId, files]);
  useEffect(() => {
    const answer = (event: MessageEvent) => {
      const page = frame.current?.contentWindow ?? null;
      if (page === null || !isReady(event, page, documentId)) return;
      sendText(page, { document: documentId, files: latest.current });
    };
    window.addEventListener("message", answer);
    return () => window.removeEventListener("message", answer);
  }, [documentId]);
  return (
    <iframe
      ref={frame}
      className={css["frame"]}
      title="Preview: the student's page"
      src={`/author/${encodeURIComponent(course)}/${documentId}/preview`}
    />
  );
}
