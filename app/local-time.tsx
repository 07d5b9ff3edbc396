"use client";

import { useSyncExternalStore } from "react";

interface LocalTimeProps {
  /** As `Date.toISOString()` says it. */
  at: string;
}

const UNCHANGING = () => () => undefined;

/** A moment in the reader's own time zone, which is named. Before hydration it is UTC. */
export function LocalTime({ at }: LocalTimeProps) {
  const text = useSyncExternalStore(
    UNCHANGING,
    () => format(at, undefined),
    () => format(at, "UTC"),
  );
  return <time dateTime={at}>{text}</time>;
}

function format(at: string, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    timeZone,
  }).format(new Date(at));
}
