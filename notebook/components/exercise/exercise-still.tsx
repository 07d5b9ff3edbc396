import type { ExerciseSheet } from "#notebook/document";
import { firstState, type StudentWork } from "#notebook/session/exercise";
import { FileLineAsleep, HandInAsleep } from "./asleep.tsx";
import { AttemptsTable } from "./attempts-table.tsx";
import css from "./exercise.module.css";
import { Facts } from "./facts.tsx";
import { FileText } from "./file-text.tsx";
import { NotReleased } from "./not-released.tsx";
import { ReceiptLine } from "./receipt-line.tsx";
import { ResultView } from "./result-view.tsx";
import { VisibleTests } from "./visible-tests.tsx";

interface ExerciseStillProps {
  sheet: ExerciseSheet;
  student: StudentWork | undefined;
  signInHref: string;
}

/** An exercise as the server writes it: what one can work on takes its place, in the same room. */
export function ExerciseStill({ sheet, student, signInHref }: ExerciseStillProps) {
  const { manifest, starter } = sheet;
  const { attempts, graded, trial } = firstState(starter, student);
  return (
    <>
      <Facts manifest={manifest} attempts={attempts} dates={student?.dates} />
      <div>
        <FileLineAsleep />
        <div className={css["code"]} data-scroller="">
          <FileText source={starter} badLine={undefined} />
        </div>
        {sheet.visibleTests !== "" && (
          <VisibleTests manifest={manifest} trial={trial} isStale={false} />
        )}
        <HandInAsleep sheet={sheet} student={student} signInHref={signInHref} />
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
        {attempts[0]?.isHeld && <NotReleased receipt={attempts[0].receipt} />}
        {attempts.length > 0 && <AttemptsTable attempts={attempts} />}
      </div>
    </>
  );
}
