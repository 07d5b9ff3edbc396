import type { RegradeProgress } from "#server/queries";
import { LocalTime } from "../../../../local-time.tsx";

interface SettledProps {
  regrade: Pick<RegradeProgress, "settledBy" | "settledAt">;
}

/** Who has applied, taken back or put away a regrade last, and when. */
export function Settled({ regrade: { settledBy, settledAt } }: SettledProps) {
  if (settledAt === undefined) return null;
  return (
    <>
      {" "}
      {settledBy !== undefined && `By ${settledBy}, `}
      <LocalTime at={settledAt.toISOString()} />.
    </>
  );
}
