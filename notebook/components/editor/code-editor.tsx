"use client";

import { useEffect, useRef, useState } from "react";
import css from "./editor.module.css";
import type { MdxServices } from "./mdx/mdx-services.ts";
import type { MonacoHandle } from "./monaco.ts";
import { PlainEditor } from "./plain-editor.tsx";

export interface ExtraLib {
  readonly path: string;
  readonly content: string;
}

/** A place with something to say about it, 1-based. */
export interface EditorMarker {
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly message: string;
}

export interface CodeEditorProps {
  value: string;
  onChange: (value: string) => void;
  /** Names the text for the TypeScript service: unique on the page. */
  path: string;
  language?: "typescript" | "javascript" | "plaintext" | "mdx" | "yaml" | "json";
  /** What is known of a lecture's text; with `language: "mdx"`. It is taken once. */
  mdx?: MdxServices | undefined;
  ariaLabel: string;
  markers?: readonly EditorMarker[];
  /** Types and texts that the code may refer to. */
  extraLibs?: readonly ExtraLib[];
  /** The reader wants to leave the editor, by Escape. */
  onLeave?: () => void;
  /** It stands there because the reader asked to edit. */
  isFocusedAtOnce?: boolean;
  /** Characters before the cursor when it opens. */
  startAt?: number | undefined;
  /** It fills its place, scrolls by itself, and comes without being asked for. */
  isPane?: boolean;
  /** A line to show, 1-based; each new object shows it again. */
  goTo?: { readonly line: number } | undefined;
  onCursor?: (line: number, column: number) => void;
}

/**
 * An editor for code: Monaco where a keyboard and a fine pointer are, a plain text field on touch
 * and wherever Monaco does not come. The plain one is there first, so that nobody waits to type.
 */
export function CodeEditor(props: CodeEditorProps) {
  const [isWanted, setWanted] = useState(props.isFocusedAtOnce ?? props.isPane ?? false);
  const [isFine, setFine] = useState(false);
  useEffect(() => setFine(!window.matchMedia("(pointer: coarse)").matches), []);
  return isWanted && isFine ? (
    <RichEditor {...props} />
  ) : (
    <PlainEditor {...props} onFocus={() => setWanted(true)} />
  );
}

function RichEditor(props: CodeEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  /** Where somebody has begun to type before Monaco came. */
  const typedAt = useRef<number>(undefined);
  const [handle, setHandle] = useState<MonacoHandle | "coming" | "failed">("coming");
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const host = place.current;
    if (host === null) return;
    let made: MonacoHandle | undefined;
    let isGone = false;
    void import("./monaco.ts")
      .then(({ createMonaco }) =>
        createMonaco(host, {
          value: () => latest.current.value,
          path: latest.current.path,
          language: latest.current.language ?? "typescript",
          mdx: latest.current.mdx,
          ariaLabel: latest.current.ariaLabel,
          onChange: (value) => latest.current.onChange(value),
          onLeave: () => latest.current.onLeave?.(),
          isWanted: () => !isGone,
          isPane: latest.current.isPane ?? false,
          onCursor: (line, column) => latest.current.onCursor?.(line, column),
        }),
      )
      .then((created) => {
        made = created;
        if (created !== undefined) setHandle(created);
      })
      .catch(() => setHandle("failed"));
    return () => {
      isGone = true;
      made?.dispose();
    };
  }, []);

  const editor = typeof handle === "object" ? handle : undefined;
  // Now that its place is shown: what is hidden takes no focus.
  useEffect(() => {
    const { isPane = false, startAt } = latest.current;
    if (!isPane) editor?.focus(startAt);
    else if (typedAt.current !== undefined) editor?.focus(typedAt.current);
  }, [editor]);
  useEffect(() => editor?.setValue(props.value), [editor, props.value]);
  useEffect(() => editor?.setMarkers(props.markers ?? []), [editor, props.markers]);
  useEffect(() => {
    if (props.goTo !== undefined) editor?.reveal(props.goTo.line);
  }, [editor, props.goTo]);
  useEffect(() => editor?.setExtraLibs(props.extraLibs ?? []), [editor, props.extraLibs]);

  return (
    <>
      {editor === undefined && (
        <PlainEditor
          {...props}
          isFocusedAtOnce={props.isPane !== true}
          onSelect={(at) => {
            typedAt.current = at;
          }}
        />
      )}
      <div
        ref={place}
        className={props.isPane ? css["pane"] : css["monaco"]}
        hidden={editor === undefined}
      />
    </>
  );
}
