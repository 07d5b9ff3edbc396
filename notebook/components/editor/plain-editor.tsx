"use client";

import { useEffect, useId, useRef } from "react";
import type { CodeEditorProps } from "./code-editor.tsx";
import css from "./editor.module.css";

interface PlainEditorProps extends CodeEditorProps {
  onFocus?: () => void;
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
  } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const problems = useId();
  useEffect(() => {
    if (!isFocusedAtOnce) return;
    field.current?.focus({ preventScroll: true });
    field.current?.setSelectionRange(startAt ?? 0, startAt ?? 0);
  }, [isFocusedAtOnce, startAt]);
  return (
    <>
      <textarea
        ref={field}
        className={css["plain"]}
        aria-label={ariaLabel}
        aria-describedby={markers.length > 0 ? problems : undefined}
        value={value}
        rows={value.split("\n").length}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        onFocus={onFocus}
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
