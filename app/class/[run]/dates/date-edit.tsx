"use client";

import { type KeyboardEvent, useEffect, useRef, useState, useTransition } from "react";
import type { DateCell } from "./date-rows.ts";
import css from "./dates.module.css";

interface DateEditProps {
  cell: DateCell;
  label: string;
  /** What a key has begun it with; undefined: what is set is changed. */
  first: string | undefined;
  /** Answers whether it was taken: what is refused stays to be mended. */
  onCommit: (text: string) => Promise<boolean>;
  onEnd: (isByKey: boolean) => void;
}

/** One cell while somebody types: Enter and leaving it store, Escape lets go. */
export function DateEdit({ cell, label, first, onCommit, onEnd }: DateEditProps) {
  const before = cell.isOwn ? cell.typed : "";
  const [text, setText] = useState(first ?? before);
  const [isRefused, setRefused] = useState(false);
  const [isBusy, startCommit] = useTransition();
  const isOver = useRef(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
    if (first === undefined) input.current?.select();
  }, [first]);

  const end = (isByKey: boolean) => {
    isOver.current = true;
    onEnd(isByKey);
  };
  const commit = (isByKey: boolean) => {
    if (isOver.current || isBusy) return;
    if (text.trim() === before) {
      end(isByKey);
      return;
    }
    startCommit(async () => {
      if (await onCommit(text)) end(isByKey);
      else setRefused(true);
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    event.stopPropagation();
    if (event.key === "Enter") commit(true);
    else if (event.key === "Escape") end(true);
    else return;
    event.preventDefault();
  };
  return (
    <input
      ref={input}
      className={css["edit"]}
      aria-label={label}
      aria-invalid={isRefused}
      placeholder={cell.shown === "" ? "none" : cell.shown}
      value={text}
      maxLength={100}
      onChange={({ target }) => {
        setText(target.value);
        setRefused(false);
      }}
      onKeyDown={onKeyDown}
      onBlur={() => !isRefused && commit(false)}
    />
  );
}
