import type { ExerciseSheet } from "#notebook/document";
import { firstState, type StudentWork } from "#notebook/session/exercise";
import { FileLine } from "./file-line.tsx";
import { HandIn } from "./hand-in.tsx";
import { standingOf } from "./standing.ts";

/** The line of a file as the server writes it: what it offers comes with the scripts. */
export function FileLineAsleep(props: { name?: string }) {
  return (
    <FileLine
      {...props}
      saved={undefined}
      isEdited={false}
      isEditing={false}
      isTakenBack={false}
      onEdit={undefined}
      onStartOver={undefined}
      onTakeBack={undefined}
    />
  );
}

interface HandInAsleepProps {
  sheet: ExerciseSheet;
  student: StudentWork | undefined;
  signInHref: string;
}

/** The row of buttons as the server writes it: in the same room, and none of them does anything yet. */
export function HandInAsleep({ sheet, student, signInHref }: HandInAsleepProps) {
  const { attempts, handing } = firstState(sheet.starter, student);
  return (
    <HandIn
      manifest={sheet.manifest}
      standing={standingOf(student)}
      attempts={attempts}
      dates={student?.dates}
      handing={handing}
      hasTests={sheet.manifest.kind !== "report" && sheet.visibleTests !== ""}
      isTrying={false}
      signInHref={signInHref}
      onSubmit={undefined}
      onTry={undefined}
      onStop={undefined}
    />
  );
}
