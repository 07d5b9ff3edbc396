"use client";

import { useEffect, useRef, useState } from "react";
import type { ExercisePreview, LecturePreview } from "#server/content/preview";
import { isText, sayReady } from "./live-text.ts";
import { merged, type Shown } from "./merged.ts";

export type Preview = LecturePreview | ExercisePreview;

interface PreviewPlace {
  readonly documentId: string;
  /** Where readings are asked for. */
  readonly url: string;
}

export interface LivePreview<T extends Preview> {
  readonly shown: Shown<T>;
  /** The last text could not be read: what is shown is older. */
  readonly isBehind: boolean;
}

/** A document as it is typed in the editor around this page; alone, as it is stored. */
export function usePreview<T extends Preview>(
  initial: T,
  { documentId, url }: PreviewPlace,
): LivePreview<T> {
  const [shown, setShown] = useState(() => merged(undefined, initial));
  const [isBehind, setBehind] = useState(false);
  const latest = useRef(shown);

  useEffect(() => {
    let isGone = false;
    let isAsking = false;
    let waiting: Readonly<Record<string, string>> | undefined;
    /** One question at a time; of what was typed meanwhile only the last counts. */
    const ask = async () => {
      if (isAsking) return;
      isAsking = true;
      while (waiting !== undefined && !isGone) {
        const files = waiting;
        waiting = undefined;
        const answer = await read<T>(url, files, latest.current.known);
        if (isGone) return;
        setBehind(answer === undefined);
        if (answer === undefined) continue;
        latest.current = merged(latest.current, answer);
        setShown(latest.current);
      }
      isAsking = false;
    };
    const onMessage = (event: MessageEvent) => {
      if (!isText(event, documentId)) return;
      waiting = event.data.files;
      void ask();
    };
    // Alone it shows what is stored, as it is when one comes back to it.
    const onFocus = () => {
      if (window.parent !== window) return;
      waiting = {};
      void ask();
    };
    window.addEventListener("message", onMessage);
    window.addEventListener("focus", onFocus);
    sayReady(documentId);
    return () => {
      isGone = true;
      window.removeEventListener("message", onMessage);
      window.removeEventListener("focus", onFocus);
    };
  }, [documentId, url]);
  return { shown, isBehind };
}

/** undefined: no answer, or a refusal. */
export async function read<T extends Preview>(
  url: string,
  files: Readonly<Record<string, string>>,
  known: readonly string[],
): Promise<T | undefined> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ files, known, wants: "page" }),
    });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}
