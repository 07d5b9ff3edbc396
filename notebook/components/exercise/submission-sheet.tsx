import type { ExerciseTest, GradingResult, SubmissionReceipt } from "#notebook/document";
import css from "./exercise.module.css";
import { FileText } from "./file-text.tsx";
import { FollowedSubmission } from "./followed-submission.tsx";
import { NotReleased } from "./not-released.tsx";
import { ReceiptLine } from "./receipt-line.tsx";
import { ReportResult } from "./report-result.tsx";
import { ReportText } from "./report-text.tsx";
import { ResultView } from "./result-view.tsx";

interface SubmissionSheetProps {
  /** The exercise's, as `11.1`. */
  number: string;
  title: string;
  kind: "code" | "report";
  /** Whose it is, for who is somebody else. */
  student: string | undefined;
  exerciseHref: string;
  receipt: SubmissionReceipt;
  source: string;
  tests: readonly ExerciseTest[];
  result: GradingResult | undefined;
  /** It has a grade that is not for who looks yet. */
  isHeld: boolean;
}

/** One submission for good: what was handed in, when, and what came of it. */
export function SubmissionSheet(props: SubmissionSheetProps) {
  const { number, title, kind, student, exerciseHref, receipt, source, tests, result, isHeld } =
    props;
  const attempt = `Attempt ${receipt.attempt}`;
  return (
    <article className={css["exercise"]} aria-labelledby="submission">
      <header className={css["head"]}>
        <h1 className={css["title"]} id="submission">
          <span>{number}</span> {title}: attempt {receipt.attempt}
        </h1>
      </header>
      <div>
        <p className={css["receipt"]}>
          {student !== undefined && <>Handed in by {student}. </>}
          <a href={exerciseHref}>Back to the exercise</a>
        </p>
        <ReceiptLine receipt={receipt} />
        {isHeld ? (
          <NotReleased receipt={receipt} />
        ) : result === undefined ? (
          <FollowedSubmission title={attempt} tests={tests} receipt={receipt} />
        ) : kind === "report" ? (
          <ReportResult
            title={attempt}
            criteria={tests}
            result={result}
            latePercent={receipt.latePercent}
          />
        ) : (
          <ResultView
            title={attempt}
            tests={tests}
            seeds={[]}
            result={result}
            latePercent={receipt.latePercent}
          />
        )}
        <div className={css["file"]}>
          <b>{kind === "report" ? "report.md" : "submission.ts"}</b>
          <span>as it was handed in</span>
        </div>
        {kind === "report" && <ReportText text={source} below={1} />}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
        {/* biome-ignore lint/a11y/useSemanticElements: code is no set of form fields */}
        <div className={css["code"]} tabIndex={0} role="group" aria-label="The submitted text">
          <FileText source={source} badLine={undefined} />
        </div>
      </div>
    </article>
  );
}
