"use client";

import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { browserExercisePorts, ExerciseSession } from "#notebook/session/exercise";
import { AttemptsTable } from "./attempts-table.tsx";
import css from "./exercise.module.css";
import { ExerciseAnnouncer } from "./exercise-announcer.tsx";
import type { ExerciseLiveProps } from "./exercise-live.tsx";
import { Facts } from "./facts.tsx";
import { FileLine } from "./file-line.tsx";
import { HandIn, HandingNotice } from "./hand-in.tsx";
import { NotReleased } from "./not-released.tsx";
import { QueueView } from "./queue-view.tsx";
import { ReceiptLine } from "./receipt-line.tsx";
import report from "./report.module.css";
import { ReportResult } from "./report-result.tsx";
import { Rubric } from "./rubric.tsx";
import { standingOf } from "./standing.ts";
import { TextConflict } from "./text-conflict.tsx";

const MarkdownText = lazy(async () => {
  const { MarkdownText: text } = await import("./markdown-text.tsx");
  return { default: text };
});

/** A report that one writes: kept while it is typed, seen as it is set, handed in as any exercise. */
export function ReportLive({ sheet, student, remote, signInHref, level }: ExerciseLiveProps) {
  const [session] = useState(
    () => new ExerciseSession(sheet, student, browserExercisePorts(sheet, student?.userId, remote)),
  );
  const state = useSyncExternalStore(session.subscribe, session.state, session.state);
  const [isPreviewed, setPreviewed] = useState(false);
  useEffect(() => {
    session.open();
    return () => session.close();
  }, [session]);
  const { manifest } = sheet;
  const { handing, graded, attempts, source } = state;
  return (
    <>
      <Facts manifest={manifest} attempts={attempts} dates={student?.dates} />
      <div data-exercise="alive">
        <Rubric criteria={manifest.tests} />
        <FileLine
          name="report.md"
          saved={state.saved}
          isEdited={state.isEdited}
          isEditing={false}
          isTakenBack={state.discarded !== undefined}
          editWord={isPreviewed ? "Write" : "Preview"}
          onEdit={() => setPreviewed(!isPreviewed)}
          onStartOver={() => session.startOver()}
          onTakeBack={() => session.takeBack()}
        />
        {isPreviewed ? (
          <section className={report["preview"]} aria-label="Preview of the report">
            <Suspense fallback={<p className={css["say"]}>One moment.</p>}>
              <MarkdownText text={source} below={level ?? 1} />
            </Suspense>
          </section>
        ) : (
          <textarea
            className={report["text"]}
            aria-label="Your report, in Markdown"
            value={source}
            rows={16}
            spellCheck
            onChange={({ target }) => session.edit(target.value)}
          />
        )}
        {state.conflict !== undefined && (
          <TextConflict
            source={source}
            conflict={state.conflict}
            onPick={(picked) => session.resolveConflict(picked)}
          />
        )}
        <HandIn
          manifest={manifest}
          standing={standingOf(student)}
          attempts={attempts}
          dates={student?.dates}
          handing={handing}
          hasTests={false}
          isTrying={false}
          signInHref={signInHref}
          onSubmit={() => void session.submit()}
          onTry={undefined}
          onStop={undefined}
        />
        <HandingNotice
          handing={handing}
          signInHref={signInHref}
          onSendKept={() => session.sendKept()}
        />
        {handing.kind === "stored" && (
          <QueueView tests={manifest.tests} receipt={handing.receipt} progress={handing.progress} />
        )}
        {handing.kind !== "stored" && attempts[0]?.isHeld && (
          <NotReleased receipt={attempts[0].receipt} />
        )}
        {graded !== undefined && (
          <>
            <ReportResult
              title={`Attempt ${graded.receipt.attempt}`}
              criteria={manifest.tests}
              result={graded.result}
              latePercent={graded.receipt.latePercent}
            />
            <ReceiptLine receipt={graded.receipt} />
          </>
        )}
        {attempts.length > 0 && <AttemptsTable attempts={attempts} />}
        <ExerciseAnnouncer message={state.message} />
      </div>
    </>
  );
}
