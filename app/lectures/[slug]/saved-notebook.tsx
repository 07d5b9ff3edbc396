"use client";

import { type ComponentProps, useMemo } from "react";
import { NotebookProvider } from "#notebook/components";
import type { RemoteNotebook } from "#notebook/session";
import { historyOfCell, loadCells, saveCells } from "./actions.ts";

interface SavedNotebookProps extends Omit<ComponentProps<typeof NotebookProvider>, "remote"> {
  /** Who is signed in; undefined: nobody. */
  reader: string | undefined;
}

/** An open notebook whose texts the server keeps for who is signed in. */
export function SavedNotebook({ reader, ...notebook }: SavedNotebookProps) {
  const remote = useMemo(() => (reader === undefined ? NOBODYS : notebookOf(reader)), [reader]);
  // Another reader has another notebook: nothing of the one before stays on the page.
  return <NotebookProvider key={reader ?? ""} {...notebook} reader={reader} remote={remote} />;
}

function notebookOf(reader: string): RemoteNotebook {
  return {
    load: (slug) => loadCells({ slug, reader }),
    save: (input) => saveCells({ ...input, reader }),
    history: (input) => historyOfCell({ ...input, reader }),
  };
}

const SIGNED_OUT = { kind: "denied", because: "signed-out" } as const;

/** The server keeps nothing for who is not signed in, and is not asked. */
const NOBODYS: RemoteNotebook = {
  load: async () => SIGNED_OUT,
  save: async () => SIGNED_OUT,
  history: async () => SIGNED_OUT,
};
