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
  language?: "typescript" | "javascript" | "mdx" | "plaintext";
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
}

/**
 * An editor for code: Monaco where a keyboard and a fine pointer are, a plain text field on touch
 * and wherever Monaco does not come. The plain one is there first, so that nobody waits to type.
 */
export function CodeEditor(props: CodeEditorProps) {
  const [isWanted, setWanted] = useState(props.isFocusedAtOnce ?? false);
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
  useEffect(() => editor?.focus(latest.current.startAt), [editor]);
  useEffect(() => editor?.setValue(props.value), [editor, props.value]);
  useEffect(() => editor?.setMarkers(props.markers ?? []), [editor, props.markers]);
  useEffect(() => editor?.setExtraLibs(props.extraLibs ?? []), [editor, props.extraLibs]);

  return (
    <>
      {editor === undefined && <PlainEditor {...props} isFocusedAtOnce />}
      <div ref={place} className={css["monaco"]} hidden={editor === undefined} />
    </>
  );
}
