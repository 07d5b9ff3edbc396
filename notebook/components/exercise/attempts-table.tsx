import { type Attempt, countedScore } from "#notebook/document";
import css from "./exercise.module.css";
import { Moment } from "./moment.tsx";
import { STATUS_WORDS } from "./result-view.tsx";

/** All attempts of a student, the last one first. */
export function AttemptsTable({ attempts }: { attempts: readonly Attempt[] }) {
  return (
    <div>
      <p className={css["subhead"]}>Attempts</p>
      <table className={css["attempts"]} aria-label="Attempts">
        <thead>
          <tr>
            <th scope="col">no.</th>
            <th scope="col">when</th>
            <th scope="col">status</th>
            <th scope="col" data-number="">
              points
            </th>
            <th scope="col">
              <span className={css["unseen"]}>code and result</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {attempts.map(({ receipt, result, isSpent, isHeld = false }) => (
            <tr key={receipt.id}>
              <td>{receipt.attempt}</td>
              <td>
                <Moment at={receipt.receivedAt} />
              </td>
              <td>
                {isHeld
                  ? "not released yet"
                  : result === undefined
                    ? "in the queue"
                    : STATUS_WORDS[result.status]}
                {receipt.latePercent > 0 && `, late: −${receipt.latePercent}\u2009%`}
                {!isSpent && ", no attempt spent"}
              </td>
              <td data-number="">
                {result && `${countedScore(result.score, receipt.latePercent)} / ${result.max}`}
              </td>
              <td>
                <a
                  href={`/submissions/${receipt.id}`}
                  aria-label={`Open attempt ${receipt.attempt}`}
                >
                  open
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
