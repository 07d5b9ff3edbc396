"use client";

import { useEffect, useState } from "react";
import { type PackedRow, type ShownRow, unpackRow } from "./gradebook-wire.ts";

/**
 * All rows that are behind `url`, once they are there; undefined before, and where they cannot be
 * had: then the page goes on with the part that it has. They are asked for again when `known`, what
 * the server has sent with the page, is another.
 */
export function useAllRows(
  url: string | undefined,
  known: unknown,
): readonly ShownRow[] | undefined {
  const [found, setFound] = useState<{ url: string; rows: readonly ShownRow[] }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is known tells that it is another
  useEffect(() => {
    if (url === undefined) return;
    const asked = new AbortController();
    load(url, asked.signal).then(
      (rows) => rows !== undefined && setFound({ url, rows }),
      () => undefined,
    );
    return () => asked.abort();
  }, [url, known]);
  return found?.url === url ? found?.rows : undefined;
}

async function load(url: string, signal: AbortSignal): Promise<readonly ShownRow[] | undefined> {
  const response = await fetch(url, { signal });
  if (!response.ok) return undefined;
  const packed = (await response.json()) as readonly PackedRow[];
  return packed.map(unpackRow);
}
