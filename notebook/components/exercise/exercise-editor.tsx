"use client";

import { useEffect, useMemo, useState } from "react";
import type { ExerciseSheet } from "#notebook/document";
import { CodeEditor, type ExtraLib } from "../editor/code-editor.tsx";

interface ExerciseEditorProps {
  sheet: ExerciseSheet;
  source: string;
  badLine: number | undefined;
  problem: string | undefined;
  onChange: (source: string) => void;
  onLeave: () => void;
  /** What is global in a module of the course, as declarations; "" when they cannot be had now. */
  loadTypes: () => Promise<string>;
}

/** The editor on a student's text: it knows the simulator's API and what is to be exported. */
export function ExerciseEditor(props: ExerciseEditorProps) {
  const { sheet, source, badLine, problem, onChange, onLeave, loadTypes } = props;
  const { id, number } = sheet.manifest;
  const types = useTypes(loadTypes);
  const extraLibs = useMemo(
    () =>
      sheet.contract === ""
        ? types
        : [...types, { path: `exercises/${id}/contract.ts`, content: sheet.contract }],
    [types, id, sheet.contract],
  );
  const markers = useMemo(
    () =>
      badLine === undefined ? [] : [{ line: badLine, column: 1, message: problem ?? "wrong here" }],
    [badLine, problem],
  );
  return (
    <CodeEditor
      value={source}
      onChange={onChange}
      path={`exercises/${id}/submission.ts`}
      ariaLabel={`Your text of exercise ${number}`}
      extraLibs={extraLibs}
      markers={markers}
      isFocusedAtOnce
      onLeave={onLeave}
    />
  );
}

function useTypes(load: () => Promise<string>): readonly ExtraLib[] {
  const [types, setTypes] = useState<readonly ExtraLib[]>([]);
  useEffect(() => {
    let isWanted = true;
    void load().then((content) => {
      if (isWanted && content !== "") setTypes([{ path: "kernelbook.d.ts", content }]);
    });
    return () => {
      isWanted = false;
    };
  }, [load]);
  return types;
}
