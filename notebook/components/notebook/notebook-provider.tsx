"use client";

import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import {
  browserPorts,
  hasSingleKeysHere,
  keepSingleKeys,
  type LectureCell,
  Notebook,
  type RemoteNotebook,
} from "#notebook/session";
import { Announcer } from "./announcer.tsx";
import { NotebookContext } from "./context.ts";
import { LineNumbersContext } from "./line-numbers.ts";
import { NotebookViewContext, type OpenDialog } from "./view.ts";

const NotebookDialog = lazy(async () => {
  const { NotebookDialog: dialog } = await import("./notebook-dialog.tsx");
  return { default: dialog };
});

const Inspector = lazy(async () => {
  const { Inspector: inspector } = await import("../inspector/inspector.tsx");
  return { default: inspector };
});

const BroughtMoment = lazy(async () => {
  const { BroughtMoment: brought } = await import("../inspector/brought-moment.tsx");
  return { default: brought };
});

/** The machine that the inspector shows, and where it begins. */
interface Inspected {
  readonly cellId: string;
  readonly start?: { readonly machine: number; readonly event: number };
}

interface NotebookProviderProps {
  lecture: { slug: string; title: string };
  cells: readonly LectureCell[];
  /** Whose texts these are on this device; undefined: of who is not signed in. */
  reader?: string | undefined;
  /** Where signed-in readers' texts are saved; undefined where nothing is saved. */
  remote?: RemoteNotebook | undefined;
  children: ReactNode;
}

/** Opens one notebook for everything inside it. It draws nothing of its own around them. */
export function NotebookProvider({
  lecture,
  cells,
  reader,
  remote,
  children,
}: NotebookProviderProps) {
  const [notebook] = useState(
    () => new Notebook(lecture.slug, cells, browserPorts(lecture.slug, cells, { reader, remote })),
  );
  const [dialog, setDialog] = useState<OpenDialog | undefined>(undefined);
  const [inspected, setInspected] = useState<Inspected | undefined>(undefined);
  const [hash, leaveLink] = useMomentLink();
  const [hasNumbers, setHasNumbers] = useState(false);
  const [hasSingleKeys, setSingleKeys] = useSingleKeys();
  const view = useMemo(
    () => ({
      hasSingleKeys,
      setSingleKeys,
      open: setDialog,
      toggleLineNumbers: () => setHasNumbers((has) => !has),
      inspect: (cellId: string) => setInspected({ cellId }),
    }),
    [hasSingleKeys, setSingleKeys],
  );

  useEffect(() => {
    notebook.open();
    return () => notebook.close();
  }, [notebook]);

  useEffect(() => {
    const help = (event: KeyboardEvent) => {
      if (!hasSingleKeys || event.key !== "?" || event.defaultPrevented || isTyping(event.target))
        return;
      event.preventDefault();
      setDialog({ kind: "help" });
    };
    document.addEventListener("keydown", help);
    return () => document.removeEventListener("keydown", help);
  }, [hasSingleKeys]);

  return (
    <NotebookContext value={notebook}>
      <NotebookViewContext value={view}>
        <LineNumbersContext value={hasNumbers}>{children}</LineNumbersContext>
        <Announcer />
        {inspected !== undefined && (
          <Suspense>
            <Inspector
              key={inspected.cellId}
              {...inspected}
              onClose={() => setInspected(undefined)}
            />
          </Suspense>
        )}
        {hash !== undefined && (
          <Suspense>
            <BroughtMoment
              hash={hash}
              onLeave={leaveLink}
              onOpen={({ cell, source, machine, event }) => {
                leaveLink();
                notebook.bring(cell, source);
                notebook.run([cell]);
                setInspected({ cellId: cell, start: { machine, event } });
              }}
            />
          </Suspense>
        )}
        {dialog !== undefined && (
          <Suspense>
            <NotebookDialog dialog={dialog} onClose={() => setDialog(undefined)} />
          </Suspense>
        )}
      </NotebookViewContext>
    </NotebookContext>
  );
}

/** Whether single keys are commands: the reader's choice, kept on this device. */
function useSingleKeys(): readonly [boolean, (has: boolean) => void] {
  const [has, setHas] = useState(true);
  useEffect(() => setHas(hasSingleKeysHere()), []);
  const choose = useCallback((wanted: boolean) => {
    setHas(wanted);
    keepSingleKeys(wanted);
  }, []);
  return [has, choose];
}

/** A moment in the address, once the page is alive; and how it is let go. */
function useMomentLink(): readonly [string | undefined, () => void] {
  const [hash, setHash] = useState<string | undefined>(undefined);
  useEffect(() => {
    const look = () => {
      const { hash: now } = window.location;
      setHash(now.startsWith(MOMENT_PREFIX) ? now : undefined);
    };
    look();
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  const leave = useCallback(() => {
    setHash(undefined);
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
  }, []);
  return [hash, leave];
}

/** What a link to a moment begins with; what follows is read by who is loaded for it. */
const MOMENT_PREFIX = "#moment=";

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
