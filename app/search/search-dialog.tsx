"use client";

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import type { SearchAnswer } from "#notebook/document";
import { countOf } from "./count.ts";
import { Hits } from "./hits.tsx";
import css from "./search.module.css";

/** The search before the page: answers come while one types, arrows go through them. */
export function SearchDialog({ onClose }: { onClose: () => void }) {
  const element = useRef<HTMLDialogElement>(null);
  const [query, setQuery] = useState("");
  const result = useAnswer(query);

  useEffect(() => {
    const returnTo = document.activeElement;
    element.current?.showModal();
    return () => {
      if (returnTo instanceof HTMLElement) returnTo.focus({ preventScroll: true });
    };
  }, []);

  return (
    <dialog
      ref={element}
      className={css["dialog"]}
      aria-label="Search the course"
      onClose={onClose}
      onKeyDown={moveThroughHits}
    >
      <form action="/search" className={css["head"]}>
        <input
          type="search"
          name="q"
          className={css["field"]}
          aria-label="Search the course"
          autoComplete="off"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <button
          type="button"
          className={css["close"]}
          aria-label="Close"
          onClick={() => element.current?.close()}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d="m4 4 8 8M12 4l-8 8" />
          </svg>
        </button>
      </form>
      <p className={css["says"]} role="status">
        {inWords(result)}
      </p>
      {result.kind === "found" && result.answer.total > 0 && (
        <Hits hits={result.answer.hits} onFollow={() => element.current?.close()} />
      )}
    </dialog>
  );
}

type Result =
  | { readonly kind: "nothing-asked" }
  | { readonly kind: "found"; readonly answer: SearchAnswer }
  | { readonly kind: "unreachable" };

function inWords(result: Result): string {
  switch (result.kind) {
    case "nothing-asked":
      return "Headings, texts and cells are searched. Arrows go through what is found.";
    case "unreachable":
      return "The search cannot be reached. It works again as soon as you are online.";
    case "found":
      return result.answer.total === 0
        ? `Nothing for “${result.answer.query}”`
        : countOf(result.answer);
  }
}

/** What the course answers; the last answer stays until the next one is there. */
function useAnswer(query: string): Result {
  const [result, setResult] = useState<Result>({ kind: "nothing-asked" });
  useEffect(() => {
    if (query.trim() === "") {
      setResult({ kind: "nothing-asked" });
      return;
    }
    const asking = new AbortController();
    ask(query, asking.signal).then(setResult, () => {
      if (!asking.signal.aborted) setResult({ kind: "unreachable" });
    });
    return () => asking.abort();
  }, [query]);
  return result;
}

async function ask(query: string, signal: AbortSignal): Promise<Result> {
  const response = await fetch(`/search/hits?q=${encodeURIComponent(query)}`, { signal });
  if (!response.ok) return { kind: "unreachable" };
  return { kind: "found", answer: await response.json() };
}

function moveThroughHits(event: KeyboardEvent<HTMLElement>): void {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (by === 0) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("input, ol a")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  event.preventDefault();
  stops[Math.max(0, Math.min(stops.length - 1, at + by))]?.focus();
}
