"use client";

import { useEffect, useId, useRef } from "react";
import type { CodeEditorProps } from "./code-editor.tsx";
import css from "./editor.module.css";

interface PlainEditorProps extends CodeEditorProps {
  onFocus?: () => void;
  /** Characters before the cursor. */
  onSelect?: (at: number) => void;
}

/** A text field that grows with its text. Tab leaves it, as everywhere on a page. */
export function PlainEditor(props: PlainEditorProps) {
  const {
    value,
    onChange,
    ariaLabel,
    markers = [],
    onLeave,
    onFocus,
    isFocusedAtOnce,
    startAt,
    isPane = false,
    goTo,
    onSelect,
    onCursor,
  } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const problems = useId();
  useEffect(() => {
    if (!isFocusedAtOnce) return;
    field.current?.focus({ preventScroll: true });
    field.current?.setSelectionRange(startAt ?? 0, startAt ?? 0);
  }, [isFocusedAtOnce, startAt]);
  useEffect(() => {
    if (goTo === undefined || field.current === null) return;
    const above = field.current.value.split("\n").slice(0, goTo.line - 1);
    const at = above.reduce((sum, line) => sum + line.length + 1, 0);
    field.current.focus();
    field.current.setSelectionRange(at, at);
  }, [goTo]);
  return (
    <>
      <textarea
        ref={field}
        className={isPane ? css["plainPane"] : css["plain"]}
        aria-label={ariaLabel}
        aria-describedby={markers.length > 0 ? problems : undefined}
        value={value}
        rows={isPane ? 24 : value.split("\n").length}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        onFocus={onFocus}
        onSelect={({ currentTarget: { selectionStart } }) => {
          onSelect?.(selectionStart);
          const above = value.slice(0, selectionStart).split("\n");
          onCursor?.(above.length, (above.at(-1)?.length ?? 0) + 1);
        }}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || onLeave === undefined) return;
          event.preventDefault();
          onLeave();
        }}
      />
      {markers.length > 0 && (
        <ul id={problems} className={css["problems"]}>
          {markers.map((marker) => (
            <li key={`${marker.line}:${marker.column}:${marker.message}`}>
              Line {marker.line}: {marker.message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
