"use client";

import { useEffect, useState } from "react";
import type { CellVersion } from "#notebook/session";
import { useNotebook } from "../notebook/context.ts";
import css from "../notebook/notebook.module.css";
import { focusCellSoon } from "./focus-cell.ts";

interface CellHistoryProps {
  cellId: string;
  onDone: () => void;
}

/** The texts that a cell had, newest first, each to be taken again. */
export function CellHistory({ cellId, onDone }: CellHistoryProps) {
  const notebook = useNotebook();
  const cell = notebook.cell(cellId);
  const [versions, setVersions] = useState<readonly CellVersion[] | undefined>(undefined);
  useEffect(() => {
    let isWanted = true;
    void notebook.versions(cellId).then((found) => {
      if (isWanted) setVersions(found);
    });
    return () => {
      isWanted = false;
    };
  }, [notebook, cellId]);
  if (cell === undefined) return null;
  const take = (source: string) => {
    notebook.edit(cellId, source);
    onDone();
    focusCellSoon(cellId);
  };
  return (
    <>
      <p>
        Cell {cell.number}. A text is kept with each run, and before another one takes its place.
      </p>
      <ul className={css["list"]}>
        {versions?.map((version) => (
          <Version
            key={`${version.at} ${version.where}`}
            title={`${inWords(version.at)}, ${version.where === "here" ? "on this device" : "on the server"}`}
            source={version.source}
            isPresent={version.source === cell.source}
            onTake={() => take(version.source)}
          />
        ))}
        <Version
          title="The lecture’s own text"
          source={cell.original}
          isPresent={cell.original === cell.source}
          onTake={() => take(cell.original)}
        />
      </ul>
    </>
  );
}

interface VersionProps {
  title: string;
  source: string;
  isPresent: boolean;
  onTake: () => void;
}

function Version({ title, source, isPresent, onTake }: VersionProps) {
  return (
    <li>
      <div className={css["row"]}>
        <b>{title}</b>
        {isPresent ? (
          <span>This is the present text</span>
        ) : (
          <button type="button" className={css["button"]} onClick={onTake}>
            Use this text
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre tabIndex={0}>{source}</pre>
    </li>
  );
}

function inWords(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}
