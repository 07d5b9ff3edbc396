"use client";

import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import type { ExerciseSheet } from "#notebook/document";
import type { RemoteExercise, StudentWork } from "#notebook/session/exercise";
import { isMarkedKept } from "../../session/exercise/kept-mark.ts";
import { useOwnWork } from "./own-work.tsx";

/** Everything that works comes with the first exercise that is near the screen. */
const ExerciseLive = lazy(async () => {
  const { ExerciseLive: live } = await import("./exercise-live.tsx");
  return { default: live };
});

const ReportLive = lazy(async () => {
  const { ReportLive: live } = await import("./report-live.tsx");
  return { default: live };
});

interface ExerciseIslandProps {
  sheet: ExerciseSheet;
  student: StudentWork | undefined;
  remote: RemoteExercise;
  signInHref: string;
  /** Of the exercise's heading; 1 on a page of its own. */
  level?: 1 | 3;
  /** The server's form of it. */
  still: ReactNode;
}

/**
 * Wakes an exercise up before it comes into view, or at once where something waits to be sent or the
 * page does not say what the reader has handed in.
 */
export function ExerciseIsland({ still, ...live }: ExerciseIslandProps) {
  const place = useRef<HTMLSpanElement>(null);
  const [isWanted, setWanted] = useState(false);
  const { id, kind } = live.sheet.manifest;
  const own = useOwnWork(id);
  const Live = kind === "report" ? ReportLive : ExerciseLive;
  useEffect(() => {
    if (own !== undefined || isMarkedKept(id)) setWanted(true);
    const near = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && setWanted(true),
      { rootMargin: "600px" },
    );
    // The whole exercise: a page that is opened again may begin in the middle of it.
    const section = place.current?.parentElement;
    if (section != null) near.observe(section);
    return () => near.disconnect();
  }, [id, own]);
  return (
    <>
      <span ref={place} />
      {isWanted ? (
        <Suspense fallback={still}>
          <Live {...live} student={own ?? live.student} />
        </Suspense>
      ) : (
        still
      )}
    </>
  );
}
