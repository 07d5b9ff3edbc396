"use client";

import { useEffect, useMemo, useState } from "react";
import type { TextProblem } from "#notebook/document";
import { mdxServices } from "../preview/mdx-services.ts";

const PAUSE_MS = 400;

interface ProblemsOptions {
  readonly course: string;
  readonly documentId: string;
  readonly text: string;
}

export interface FieldProblems {
  /** By the field's path, with dots between its parts. */
  readonly at: ReadonlyMap<string, string>;
  /** Of no field that is shown. */
  readonly elsewhere: readonly string[];
}

/** What the gate says of `exercise.yaml` as it is typed, field by field. */
export function useProblems({ course, documentId, text }: ProblemsOptions): FieldProblems {
  const [problems, setProblems] = useState<readonly TextProblem[]>([]);
  const services = useMemo(
    () => mdxServices(course, documentId, "exercise.yaml"),
    [course, documentId],
  );
  useEffect(() => {
    let isLatest = true;
    const timer = setTimeout(() => {
      services
        .problems(text)
        .then((found) => isLatest && setProblems(found))
        // Without an answer what was said before stays.
        .catch(() => undefined);
    }, PAUSE_MS);
    return () => {
      isLatest = false;
      clearTimeout(timer);
    };
  }, [services, text]);
  return useMemo(() => placed(problems), [problems]);
}

const FIELD =
  /^((?:number|title|attempts|points|seeds|limits|tests)(?:\.[A-Za-z0-9]+)*): ([\s\S]*)$/;

/** Messages of the schema name the field in front: `tests.0.points: …`. */
export function placed(problems: readonly TextProblem[]): FieldProblems {
  const at = new Map<string, string>();
  const elsewhere: string[] = [];
  for (const { line, message } of problems) {
    const [, path, what] = FIELD.exec(message) ?? [];
    if (path === undefined || what === undefined || path === "tests") {
      elsewhere.push(`Line ${line}: ${message}`);
    } else if (!at.has(path)) at.set(path, what);
  }
  return { at, elsewhere };
}
