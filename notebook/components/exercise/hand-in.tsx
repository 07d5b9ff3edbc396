import type { ReactNode } from "react";
import { type Attempt, type ExerciseManifest, SOURCE_BYTES_MAX } from "#notebook/document";
import type { ExerciseDates, Handing, Refusal } from "#notebook/session/exercise";
import { Icon } from "../icon.tsx";
import css from "./exercise.module.css";
import { Moment } from "./moment.tsx";

/** Who looks at the exercise. */
export type Standing = "signed-out" | "not-enrolled" | "archived" | "enrolled";

interface HandInProps {
  manifest: ExerciseManifest;
  standing: Standing;
  attempts: readonly Attempt[];
  dates: ExerciseDates | undefined;
  handing: Handing;
  hasTests: boolean;
  isTrying: boolean;
  signInHref: string;
  /** undefined while nothing is alive yet. */
  onSubmit: (() => void) | undefined;
  onTry: (() => void) | undefined;
  onStop: (() => void) | undefined;
}

/** The row of buttons, with one that comes first. */
export function HandIn(props: HandInProps) {
  const { standing, hasTests, isTrying, signInHref, onTry, onStop } = props;
  return (
    <div className={css["act"]}>
      {standing === "signed-out" ? (
        <a className={css["first"]} href={signInHref}>
          Sign in to submit
        </a>
      ) : (
        <SubmitButton {...props} />
      )}
      {hasTests && (
        <Button look="button" onClick={isTrying ? onStop : onTry} title="Ctrl+Enter">
          {isTrying ? "Stop the tests" : "Run visible tests"}
        </Button>
      )}
      <p className={css["say"]}>
        {advice(props)}
        <PauseNotice {...props} />
      </p>
    </div>
  );
}

function SubmitButton(props: HandInProps) {
  const { attempts, handing, onSubmit } = props;
  const next = (attempts[0]?.receipt.attempt ?? 0) + 1;
  const isBusy = handing.kind === "sending" || handing.kind === "kept";
  const mayNot = isBusy || blockOf(props) !== undefined;
  return (
    <Button look="first" onClick={mayNot ? undefined : onSubmit} title="Ctrl+Shift+Enter">
      {handing.kind === "sending" ? "Submitting" : `Submit attempt ${next}`}
    </Button>
  );
}

function Button({
  look,
  title,
  onClick,
  children,
}: {
  look: "first" | "button";
  title: string;
  onClick: (() => void) | undefined;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className={css[look]}
      title={title}
      // It keeps its place in the order of focus, and says itself that it does nothing now.
      aria-disabled={onClick === undefined}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** Why nothing can be submitted, if so. */
function blockOf(props: HandInProps): string | undefined {
  const block = blockInWords(props);
  return block && (props.hasTests ? `${block.why} ${block.tests}` : block.why);
}

function blockInWords({ manifest, standing, attempts, dates }: HandInProps) {
  if (standing === "not-enrolled") {
    const why = "You are not enrolled in this course: your instructor can enrol you.";
    return { why, tests: "Visible tests run for everybody." };
  }
  if (standing === "archived") {
    const why = "This run of the course has ended: what you handed in stays readable.";
    return { why, tests: STILL_RUN };
  }
  if (dates?.isClosed) {
    return { why: "It is closed: nothing is taken any more.", tests: STILL_RUN };
  }
  const spent = attempts.filter(({ isSpent }) => isSpent).length;
  if (manifest.attempts !== undefined && spent >= manifest.attempts) {
    return { why: `All ${manifest.attempts} attempts are spent.`, tests: STILL_RUN };
  }
  return undefined;
}

const STILL_RUN = "Visible tests still run.";

function advice(props: HandInProps): string {
  if (props.standing === "signed-out") {
    return "Your text is kept on this device, and is here when you come back.";
  }
  return (
    blockOf(props) ??
    (props.manifest.kind === "report"
      ? "The staff grades it. Your grade is shown when all are released."
      : "Hidden tests run on the server. Time-outs and crashes of ours cost no attempt.")
  );
}

/** When the pause after the last attempt ends, if there is one. The server decides. */
function PauseNotice({ attempts, dates }: HandInProps) {
  const minutes = dates?.cooldownMinutes;
  const last = attempts.find(({ isSpent }) => isSpent);
  if (dates === undefined || minutes === undefined || last === undefined) return null;
  const end = last.receipt.receivedAt + minutes * 60_000;
  if (end <= dates.now) return null;
  return (
    <>
      {" "}
      The next attempt can be handed in from <Moment at={end} /> on.
    </>
  );
}

interface HandingNoticeProps {
  handing: Handing;
  signInHref: string;
  onSendKept: () => void;
}

/** What is said about a submission that has not got through. */
export function HandingNotice({ handing, signInHref, onSendKept }: HandingNoticeProps) {
  if (handing.kind === "refused") {
    return (
      <div className={css["notice"]} data-tone="failed">
        <Icon name="warn" />
        <p>
          <b>Nothing was handed in.</b> <RefusalText because={handing.because} /> Your text is kept.
        </p>
      </div>
    );
  }
  if (handing.kind !== "kept") return null;
  const isOffline = handing.because === "offline";
  return (
    <div className={css["notice"]}>
      <Icon name="clock" />
      <div>
        <p>
          <b>Kept on this device, and not sent yet.</b> Submitted <Moment at={handing.at} />.{" "}
          {isOffline
            ? "The server cannot be reached; it will be sent, once, when it can."
            : "Your session has ended; it will be sent, once, after you have signed in."}
        </p>
        <div className={css["act"]}>
          {!isOffline && (
            <a className={css["first"]} href={signInHref}>
              Sign in and send
            </a>
          )}
          <button type="button" className={css["button"]} onClick={onSendKept}>
            Try now
          </button>
        </div>
      </div>
    </div>
  );
}

function RefusalText({ because }: { because: Refusal }) {
  if ("until" in because) {
    return because.kind === "not-open-yet" ? (
      <>
        It opens at <Moment at={because.until} />.
      </>
    ) : (
      <>
        There is a pause between attempts: the next one can be handed in from{" "}
        <Moment at={because.until} /> on.
      </>
    );
  }
  return refusalInWords(because);
}

function refusalInWords(because: Exclude<Refusal, { readonly until: number }>): string {
  switch (because.kind) {
    case "closed":
      return "It is closed: nothing is taken any more. Who needs more time asks the instructor.";
    case "too-large":
      return `It has ${kib(because.bytes)} KiB, and at most ${kib(SOURCE_BYTES_MAX)} KiB are taken: make it shorter.`;
    case "not-enrolled":
      return "You are not enrolled in this course: your instructor can enrol you.";
    case "archived":
      return "This run of the course has ended.";
    case "no-attempts-left":
      return "All attempts are spent.";
    case "invalid":
      return because.problems.join(" ");
  }
}

function kib(bytes: number): string {
  return String(Math.ceil(bytes / 1024)).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}
