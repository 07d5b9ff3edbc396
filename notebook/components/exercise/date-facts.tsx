import type { ExerciseDates } from "#notebook/session/exercise";
import { Deadline } from "./deadline.tsx";

/** When something can be handed in, and what being late costs; nothing where no date is set. */
export function DateFacts({ dates }: { dates: ExerciseDates | undefined }) {
  if (dates === undefined) return null;
  const { timeZone, dueAt, endsAt, latePercent, cooldownMinutes, isExtended, isClosed } = dates;
  return (
    <>
      {dueAt !== undefined && (
        <>
          <dt>Due{isExtended && ", your own date"}</dt>
          <dd>
            <Deadline at={dueAt} timeZone={timeZone} />
          </dd>
        </>
      )}
      {dueAt !== undefined && dueAt !== endsAt && (
        <>
          <dt>Later</dt>
          <dd>{lateInWords(latePercent)}</dd>
        </>
      )}
      {endsAt !== undefined && (
        <>
          <dt>{isClosed ? "Closed" : "Closes"}</dt>
          <dd>
            <Deadline at={endsAt} timeZone={timeZone} />
          </dd>
        </>
      )}
      {cooldownMinutes !== undefined && cooldownMinutes > 0 && (
        <>
          <dt>Pause</dt>
          <dd>{minutesInWords(cooldownMinutes)} between attempts</dd>
        </>
      )}
    </>
  );
}

function lateInWords(percent: number | undefined): string {
  if (percent === undefined || percent === 0) return "no points are lost";
  return `${percent}\u2009% of the points are lost for each day begun`;
}

function minutesInWords(minutes: number): string {
  if (minutes % 60 !== 0) return `${minutes} min`;
  return minutes === 60 ? "1 hour" : `${minutes / 60} hours`;
}
