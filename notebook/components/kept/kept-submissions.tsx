"use client";

import { useEffect, useState } from "react";
import { isAnyMarkedKept } from "../../session/exercise/kept-mark.ts";
import type { RemoteExercise } from "../../session/exercise/remote.ts";
import type { SentSubmission } from "../../session/exercise/send-kept.ts";
import css from "./kept.module.css";

interface KeptSubmissionsProps {
  userId: string;
  submit: RemoteExercise["submit"];
}

/**
 * Hands in what was submitted on this device while nobody could answer, whatever page is opened
 * first; an exercise that stands on the page does it itself, and shows what becomes of it.
 */
export function KeptSubmissions({ userId, submit }: KeptSubmissionsProps) {
  const [sent, setSent] = useState<readonly SentSubmission[]>([]);
  useEffect(() => {
    const send = async () => {
      if (!isAnyMarkedKept()) return;
      const { sendKept } = await import("../../session/exercise/send-kept.ts");
      const now = await sendKept(userId, submit, isOnThisPage);
      setSent((before) => [...before, ...now]);
    };
    // Without a network nothing has come of it; the next page, or the network, tries again.
    const start = () => void send().catch(() => undefined);
    start();
    window.addEventListener("online", start);
    return () => window.removeEventListener("online", start);
  }, [userId, submit]);
  return (
    <div role="status" className={css["kept"]}>
      {sent.map(({ exercise, answer }, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list only grows
        <p key={place}>
          {inWords(answer)} <a href={`/exercises/${exercise}`}>To the exercise</a>
        </p>
      ))}
    </div>
  );
}

function isOnThisPage(exercise: string): boolean {
  return document.getElementById(`exercise-${exercise}`) !== null;
}

function inWords(answer: SentSubmission["answer"]): string {
  if (answer.kind === "accepted") {
    return `A submission that waited on this device is handed in now, as attempt ${answer.receipt.attempt}.`;
  }
  if (answer.kind === "identical") {
    return `A submission that waited on this device was the text of attempt ${answer.receipt.attempt}; no attempt was spent.`;
  }
  return "A submission that waited on this device was not taken. Your text is kept.";
}
