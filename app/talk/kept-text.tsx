"use client";

import { type ComponentProps, useEffect, useRef } from "react";

const PREFIX = "kernelbook-talk:";

interface KeptTextProps extends Omit<ComponentProps<"textarea">, "ref" | "onInput"> {
  label: string;
  /** What there is to say about it. */
  note: string;
  /** Under which this browser keeps what is typed: whose it is and what for. */
  kept: string;
  /** The answer that says that it is stored: from then on nothing of it is kept. */
  stored?: object | undefined;
}

/** A text that is still there when the page is opened again, until it is stored. */
export function KeptText({ label, note, kept, stored, ...props }: KeptTextProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (stored !== undefined) return forget(kept);
    const text = storage()?.getItem(PREFIX + kept);
    if (text != null && field.current !== null) field.current.value = text;
  }, [kept, stored]);
  return (
    <label>
      {label}
      <textarea
        {...props}
        ref={field}
        onInput={({ currentTarget }) => keep(kept, currentTarget.value)}
      />
      <small>{note}</small>
    </label>
  );
}

/** Forgets a text whose page is left: what it asked is stored, and is shown here. */
export function ForgetText({ kept }: { kept: string }) {
  useEffect(() => forget(kept), [kept]);
  return null;
}

function keep(kept: string, text: string): void {
  try {
    if (text === "") storage()?.removeItem(PREFIX + kept);
    else storage()?.setItem(PREFIX + kept, text);
  } catch {
    // A full store: the text is still in the field.
  }
}

function forget(kept: string): void {
  storage()?.removeItem(PREFIX + kept);
}

function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    // A browser that keeps nothing.
    return undefined;
  }
}
