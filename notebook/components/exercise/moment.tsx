"use client";

import { useSyncExternalStore } from "react";

interface MomentProps {
  /** ms since 1970. */
  at: number;
  /** To the second, as on a receipt. */
  isExact?: boolean;
}

const never = () => () => undefined;

/** A time in the reader's own zone; in a page without JavaScript in UTC, and it says so. */
export function Moment({ at, isExact = false }: MomentProps) {
  const isHere = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()}>
      {isHere ? inWords(date, new Date(), isExact) : `${inZone(date, isExact, "UTC")} UTC`}
    </time>
  );
}

function inWords(date: Date, now: Date, isExact: boolean): string {
  if (isExact || date.toDateString() !== now.toDateString()) return inZone(date, isExact);
  return `today ${date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
}

function inZone(date: Date, isExact: boolean, timeZone?: string): string {
  return date
    .toLocaleString("en-GB", {
      ...(isExact ? { year: "numeric", second: "2-digit" } : { weekday: "short" }),
      day: "numeric",
      month: "short",
      hour: "2-digit",
      minute: "2-digit",
      ...(timeZone !== undefined && { timeZone }),
    })
    .replaceAll(",", "");
}
