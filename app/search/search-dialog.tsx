"use client";

import { useEffect, useRef, useState } from "react";
import { countOf } from "./count.ts";
import { Hits } from "./hits.tsx";
import css from "./search.module.css";
import { type SearchResult, useAnswer } from "./use-answer.ts";
import { useHitKeys } from "./use-hit-keys.ts";

/** The search before the page: answers come while one types, arrows go through them. */
export function SearchDialog({ onClose }: { onClose: () => void }) {
  const element = useRef<HTMLDialogElement>(null);
  const [query, setQuery] = useState("");
  const { result, isCurrent } = useAnswer(query);
  const keys = useHitKeys(element, isCurrent);

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
      {...keys}
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

function inWords(result: SearchResult): string {
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
