"use client";

import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { ExerciseSheet } from "#notebook/document";
import {
  browserExercisePorts,
  ExerciseSession,
  type RemoteExercise,
  type StudentWork,
} from "#notebook/session/exercise";
import { AttemptsTable } from "./attempts-table.tsx";
import css from "./exercise.module.css";
import { ExerciseAnnouncer } from "./exercise-announcer.tsx";
import { ExerciseCode } from "./exercise-code.tsx";
import { Facts } from "./facts.tsx";
import { FileLine } from "./file-line.tsx";
import { HandIn, HandingNotice } from "./hand-in.tsx";
import { NotReleased } from "./not-released.tsx";
import { QueueView } from "./queue-view.tsx";
import { ReceiptLine } from "./receipt-line.tsx";
import { ResultView } from "./result-view.tsx";
import { standingOf } from "./standing.ts";
import { TextConflict } from "./text-conflict.tsx";
import { VisibleTests } from "./visible-tests.tsx";

export interface ExerciseLiveProps {
  sheet: ExerciseSheet;
  /** undefined: nobody is signed in. */
  student: StudentWork | undefined;
  remote: RemoteExercise;
  signInHref: string;
  /** Of the exercise's heading; 1 on a page of its own. */
  level?: 1 | 3;
}

/** An exercise that one can work on. */
export function ExerciseLive({ sheet, student, remote, signInHref }: ExerciseLiveProps) {
  const [session] = useState(
    () => new ExerciseSession(sheet, student, browserExercisePorts(sheet, student?.userId, remote)),
  );
  const state = useSyncExternalStore(session.subscribe, session.state, session.state);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    session.open();
    return () => session.close();
  }, [session]);
  const { manifest } = sheet;
  const { trial, handing, graded, attempts } = state;
  const isTrying = trial.kind === "running";
  const problem = problemOf(state.trial, state.source);
  const submit = () => void session.submit();
  const tryTests = () => void session.tryTests();
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) submit();
    else tryTests();
  };
  const setEditing = (isEditing: boolean) => {
    session.setEditing(isEditing);
    // The text takes the focus over from the editor that is gone.
    if (!isEditing) {
      requestAnimationFrame(() =>
        place.current?.querySelector<HTMLElement>("[data-code]")?.focus(),
      );
    }
  };
  return (
    <>
      <Facts manifest={manifest} attempts={attempts} dates={student?.dates} />
      <div ref={place} onKeyDownCapture={keys} data-exercise="alive">
        <FileLine
          saved={state.saved}
          isEdited={state.isEdited}
          isEditing={state.isEditing}
          isTakenBack={state.discarded !== undefined}
          onEdit={() => setEditing(!state.isEditing)}
          onStartOver={() => session.startOver()}
          onTakeBack={() => session.takeBack()}
        />
        <ExerciseCode
          sheet={sheet}
          source={state.source}
          badLine={problem?.line}
          problem={problem?.message}
          isEditing={state.isEditing}
          onChange={(source) => session.edit(source)}
          onEditing={setEditing}
          loadTypes={session.loadTypes}
        />
        {state.conflict !== undefined && (
          <TextConflict
            source={state.source}
            conflict={state.conflict}
            onPick={(source) => session.resolveConflict(source)}
          />
        )}
        {sheet.visibleTests !== "" && (
          <VisibleTests
            manifest={manifest}
            trial={trial}
            isStale={trial.kind === "ended" && trial.source !== state.source}
          />
        )}
        <HandIn
          manifest={manifest}
          standing={standingOf(student)}
          attempts={attempts}
          dates={student?.dates}
          handing={handing}
          hasTests={sheet.visibleTests !== ""}
          isTrying={isTrying}
          signInHref={signInHref}
          onSubmit={submit}
          onTry={tryTests}
          onStop={() => session.stopTests()}
        />
        <HandingNotice
          handing={handing}
          signInHref={signInHref}
          onSendKept={() => session.sendKept()}
        />
        {handing.kind === "stored" && (
          <QueueView tests={manifest.tests} receipt={handing.receipt} progress={handing.progress} />
        )}
        {graded?.isHandedInAgain && (
          <p className={css["say"]}>
            The same text was handed in as attempt {graded.receipt.attempt}. Its result counts, and
            no attempt was spent.
          </p>
        )}
        {graded !== undefined && (
          <>
            <ResultView
              title={`Attempt ${graded.receipt.attempt}`}
              tests={manifest.tests}
              seeds={manifest.seeds}
              result={graded.result}
              latePercent={graded.receipt.latePercent}
            />
            <ReceiptLine receipt={graded.receipt} />
          </>
        )}
        {handing.kind !== "stored" && attempts[0]?.isHeld && (
          <NotReleased receipt={attempts[0].receipt} />
        )}
        {attempts.length > 0 && <AttemptsTable attempts={attempts} />}
        <ExerciseAnnouncer message={state.message} />
      </div>
    </>
  );
}

/** Where the text that was tried does not compile, as long as it is still that text. */
function problemOf(
  trial: ReturnType<ExerciseSession["state"]>["trial"],
  source: string,
): { line: number; message: string } | undefined {
  if (trial.kind !== "ended" || trial.end.kind !== "compile-error") return undefined;
  return trial.source === source && trial.end.line > 0 ? trial.end : undefined;
}
