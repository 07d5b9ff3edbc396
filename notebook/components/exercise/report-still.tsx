import type { ReactNode } from "react";
import type { ExerciseSheet } from "#notebook/document";
import { firstState, type StudentWork } from "#notebook/session/exercise";
import { FileLineAsleep, HandInAsleep } from "./asleep.tsx";
import { AttemptsTable } from "./attempts-table.tsx";
import { Facts } from "./facts.tsx";
import { NotReleased } from "./not-released.tsx";
import { ReceiptLine } from "./receipt-line.tsx";
import report from "./report.module.css";
import { ReportResult } from "./report-result.tsx";
import { Rubric } from "./rubric.tsx";

interface ReportStillProps {
  sheet: ExerciseSheet;
  student: StudentWork | undefined;
  signInHref: string;
  /** Where it is written and handed in without a script; undefined: the viewer may not. */
  form?: ReactNode;
}

/** A report as the server writes it: what one can write in takes its place, in the same room. */
export function ReportStill({ sheet, student, signInHref, form }: ReportStillProps) {
  const { manifest, starter } = sheet;
  const { attempts, graded } = firstState(starter, student);
  return (
    <>
      <Facts manifest={manifest} attempts={attempts} dates={student?.dates} />
      <div>
        <Rubric criteria={manifest.tests} />
        {form !== undefined && <noscript>{form}</noscript>}
        <div className={form === undefined ? undefined : report["asleep"]}>
          <FileLineAsleep name="report.md" />
          <textarea
            className={report["text"]}
            aria-label="Your report, in Markdown"
            defaultValue={starter}
            rows={16}
            readOnly
          />
        </div>
        <HandInAsleep sheet={sheet} student={student} signInHref={signInHref} />
        {attempts[0]?.isHeld && <NotReleased receipt={attempts[0].receipt} />}
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
      </div>
    </>
  );
}
