"use client";

import { createContext, type ReactNode, useContext, useMemo, useSyncExternalStore } from "react";
import type { StudentWork } from "#notebook/session/exercise";

const OwnWorkContext = createContext("");

interface OwnWorkProps {
  /** As `packWork` of the server writes it; "": nothing. */
  packed: string;
  children: ReactNode;
}

/** What the reader has handed in on a page that many get: it comes with the page, beside its text. */
export function OwnWork({ packed, children }: OwnWorkProps) {
  return <OwnWorkContext value={packed}>{children}</OwnWorkContext>;
}

/**
 * The reader's work at an exercise, once the page is alive: until then it is as the server has
 * written it for many. undefined: the page itself says what there is.
 */
export function useOwnWork(exercise: string): StudentWork | undefined {
  const packed = useContext(OwnWorkContext);
  const isAlive = useSyncExternalStore(
    () => () => undefined,
    () => true,
    () => false,
  );
  return useMemo(
    () => (isAlive && packed !== "" ? unpack(packed)[exercise] : undefined),
    [isAlive, packed, exercise],
  );
}

function unpack(packed: string): Readonly<Record<string, StudentWork | undefined>> {
  return JSON.parse(decodeURIComponent(packed));
}
