"use client";

import { lazy, Suspense, useEffect, useState } from "react";
import type { MarkdownTextProps } from "./markdown-text.tsx";
import report from "./report.module.css";

const MarkdownText = lazy(async () => {
  const { MarkdownText: text } = await import("./markdown-text.tsx");
  return { default: text };
});

/** A handed-in report: as it was typed, and set as soon as a script runs. */
export function ReportText({ text, below }: MarkdownTextProps) {
  const [isAlive, setAlive] = useState(false);
  useEffect(() => setAlive(true), []);
  const plain = <pre className={report["plain"]}>{text}</pre>;
  return (
    <section className={report["preview"]} aria-label="The report">
      {isAlive ? (
        <Suspense fallback={plain}>
          <MarkdownText text={text} below={below} />
        </Suspense>
      ) : (
        plain
      )}
    </section>
  );
}
