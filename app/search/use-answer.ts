"use client";

import { useEffect, useState } from "react";
import type { SearchAnswer } from "#notebook/document";

export type SearchResult =
  | { readonly kind: "nothing-asked" }
  | { readonly kind: "found"; readonly answer: SearchAnswer }
  | { readonly kind: "unreachable" };

interface LastResult {
  readonly result: SearchResult;
  /** False while the answer to what is asked now is on its way. */
  readonly isCurrent: boolean;
}

/** What the course answers; the last answer stays until the next one is there. */
export function useAnswer(query: string): LastResult {
  const [last, setLast] = useState<{ asked: string; result: SearchResult }>({
    asked: "",
    result: { kind: "nothing-asked" },
  });
  useEffect(() => {
    if (query.trim() === "") {
      setLast({ asked: query, result: { kind: "nothing-asked" } });
      return;
    }
    const asking = new AbortController();
    ask(query, asking.signal).then(
      (result) => setLast({ asked: query, result }),
      () => {
        if (!asking.signal.aborted) setLast({ asked: query, result: { kind: "unreachable" } });
      },
    );
    return () => asking.abort();
  }, [query]);
  return { result: last.result, isCurrent: last.asked === query };
}

async function ask(query: string, signal: AbortSignal): Promise<SearchResult> {
  const response = await fetch(`/search/hits?q=${encodeURIComponent(query)}`, { signal });
  if (!response.ok) return { kind: "unreachable" };
  return { kind: "found", answer: await response.json() };
}
