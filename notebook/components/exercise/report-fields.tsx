import css from "./exercise.module.css";
import report from "./report.module.css";

interface ReportFieldsProps {
  /** What one begins with. */
  source: string;
  /** Why the text was not taken when it was sent before. */
  problem: string | undefined;
}

/** The fields of the form that hands a report in where no script runs. */
export function ReportFields({ source, problem }: ReportFieldsProps) {
  return (
    <>
      <textarea
        className={`${report["text"]} ${report["alone"]}`}
        name="source"
        aria-label="Your report, in Markdown"
        defaultValue={source}
        rows={16}
        aria-invalid={problem === undefined ? undefined : true}
        aria-describedby={problem === undefined ? undefined : "report-problem"}
      />
      {problem !== undefined && (
        <p className={css["notice"]} data-tone="failed" id="report-problem" role="alert">
          {problem}
        </p>
      )}
      <p className={report["send"]}>
        <button type="submit" className={css["first"]}>
          Hand it in
        </button>
        <span>
          The staff grades it. Your grade is shown when all are released. Without a script nothing
          is saved before.
        </span>
      </p>
    </>
  );
}
