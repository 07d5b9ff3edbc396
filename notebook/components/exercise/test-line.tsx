import type { ReactNode } from "react";
import { Icon, type IconName } from "../icon.tsx";
import css from "./exercise.module.css";

export type TestTone = "passed" | "failed" | "open" | "running";

const ICONS: Readonly<Record<TestTone, IconName>> = {
  passed: "check",
  failed: "cross",
  open: "dash",
  running: "wait",
};

interface TestLineProps {
  tone: TestTone;
  title: string;
  /** Points, or a word; it repeats what the icon says. */
  note: string;
  /** Under a failed one: why, output, hint. */
  children?: ReactNode;
}

/** One test on one line. */
export function TestLine({ tone, title, note, children }: TestLineProps) {
  return (
    <li>
      <span data-tone={tone}>
        <Icon name={ICONS[tone]} />
      </span>
      <span>{title}</span>
      <span className={css["points"]} data-tone={tone}>
        {note}
      </span>
      {children}
    </li>
  );
}

/** Why a test failed, and a hint for who asks for it: it costs nothing. */
export function Why({ feedback, hint }: { feedback: string | undefined; hint: string }) {
  return (
    <div className={css["why"]}>
      {feedback !== undefined && <p>{feedback}</p>}
      <details className={css["hint"]}>
        <summary>Hint</summary>
        <p>{hint}</p>
      </details>
    </div>
  );
}
