"use client";

import { useEffect, useMemo, useState } from "react";
import type { SessionCell } from "#notebook/session";
import { CodeEditor, type ExtraLib } from "../editor/code-editor.tsx";
import { useNotebook } from "../notebook/context.ts";
import { focusCellSoon } from "./focus-cell.ts";

interface CellEditorProps {
  cell: SessionCell;
  /** Characters before the cursor. */
  startAt: number | undefined;
}

/** The editor on a cell: it knows the simulator's API and the names of the cells above. */
export function CellEditor({ cell, startAt }: CellEditorProps) {
  const notebook = useNotebook();
  const [types, setTypes] = useState<readonly ExtraLib[]>([]);
  useEffect(() => {
    let isWanted = true;
    void notebook.cellTypes().then((content) => {
      if (isWanted && content !== "") setTypes([{ path: "kernelbook.d.ts", content }]);
    });
    return () => {
      isWanted = false;
    };
  }, [notebook]);
  const extraLibs = useMemo(() => {
    const above = notebook.state().cells.filter(({ number }) => number < cell.number);
    return [
      ...types,
      ...above.map(({ id, source }) => ({ path: `above/${id}.ts`, content: asScript(source) })),
    ];
  }, [types, notebook, cell.number]);
  return (
    <CodeEditor
      value={cell.source}
      onChange={(source) => notebook.edit(cell.id, source)}
      path={`cells/${notebook.slug}/${cell.id}.ts`}
      language="typescript"
      ariaLabel={`Code of cell ${cell.number}`}
      extraLibs={extraLibs}
      isFocusedAtOnce
      startAt={startAt}
      onLeave={() => {
        notebook.stopEditing();
        focusCellSoon(cell.id);
      }}
    />
  );
}

/**
 * A cell as a script, whose names are global: its imports name what is global anyway. Lines stay
 * where they are.
 */
function asScript(source: string): string {
  return source
    .replace(/^\s*import\b[^;]*?from\s*["'][^"']*["'];?/gm, (found) => found.replace(/[^\n]/g, " "))
    .replace(/^(\s*)export\s+(?:default\s+)?/gm, "$1");
}
