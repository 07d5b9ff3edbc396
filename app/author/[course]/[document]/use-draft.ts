"use client";

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { EditedDocument } from "#server/authoring";
import type { SaveFilesInput, SaveFilesResult } from "../actions.ts";
import { DraftSaver, type SaveState, type TypedFile } from "./draft-saver.ts";
import { type DraftWatch, watchDraft } from "./draft-watch.ts";
import {
  afterTyping,
  allTyped,
  changedPaths,
  type Files,
  inOrder,
  laidOver,
  typedBytes,
  typedText,
} from "./edited-files.ts";
import { keepHere, keptHere } from "./kept-here.ts";

interface DraftOptions {
  course: string;
  document: EditedDocument;
  userId: string;
  save: (input: SaveFilesInput) => Promise<SaveFilesResult>;
  /** Of the document's page. */
  url: string;
}

export interface OpenDraft {
  readonly files: Files;
  /** Paths that differ from the version. */
  readonly changed: readonly string[];
  readonly state: SaveState;
  /** Number of the newest version, as far as it is known here. */
  readonly head: number;
  /** The draft lies over another version by now, or is one: this page shows what it was. */
  readonly isOutdated: boolean;
  /** As it is now, not when the page was last drawn; "" where there is none. */
  readonly text: (path: string) => string;
  readonly type: (path: string, text: string) => void;
  /** Adds a picture whose bytes the server has, or puts it in the place of another. */
  readonly put: (path: string, hash: string) => void;
  readonly remove: (path: string) => void;
  /** Stores what is typed; answers the draft's revision then. */
  readonly flush: () => Promise<number | undefined>;
  /** Makes all files as in the version; what it answers takes that back. */
  readonly giveUp: () => () => void;
  readonly keepMine: () => void;
  readonly takeTheirs: () => void;
}

/** The author's draft of one document: shown, kept on this device at once, on the server after a pause. */
export function useDraft({ course, document, userId, save, url }: DraftOptions): OpenDraft {
  const { id, base, files: before, changes, revision, savedAt } = document;
  const [files, setFiles] = useState<Files>(() => laidOver(before, changes));
  const [state, setState] = useState<SaveState>(
    savedAt === undefined ? { kind: "clean" } : { kind: "saved", at: savedAt.getTime() },
  );
  const latest = useRef(files);
  const show = useCallback((next: Files) => {
    latest.current = next;
    setFiles(next);
  }, []);
  const key = `${userId}/${id}`;
  const watch = useRef<DraftWatch>(undefined);
  const [saver] = useState(
    () =>
      new DraftSaver({
        ...{ course, document: id, base, revision, savedAt: savedAt?.getTime() },
        send: async (input) => {
          const answer = await save(input);
          if (answer.kind === "saved") watch.current?.tellSaved();
          return answer;
        },
        onState: setState,
        keep: (unsaved, over) => void keepHere(key, { ...over, files: unsaved }),
      }),
  );
  useEffect(() => {
    let isHere = true;
    void keptHere(key).then((kept) => {
      if (!isHere || kept === undefined || kept.files.length === 0) return;
      show(kept.files.reduce((all, file) => afterTyping(all, before, file), latest.current));
      saver.restore(kept.files, { revision: kept.revision, base: kept.base ?? base }, changes);
    });
    return () => {
      isHere = false;
    };
  }, [key, saver, show, before, changes, base]);
  useEffect(() => {
    // The page shows another version than the text lies over: drawn anew, it says so, and offers the merge.
    if (state.kind === "saved" && saver.base !== base) window.location.reload();
  }, [state, saver, base]);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (saver.hasUnsaved) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
      void saver.flush();
    };
  }, [saver]);

  const [head, setHead] = useState(document.head);
  const [isOutdated, setOutdated] = useState(false);
  useEffect(() => {
    watch.current = watchDraft({
      ...{ url, key, revision: () => saver.revision },
      onNews(news) {
        setHead(news.head);
        if (news.draft === undefined) return;
        const { revision: saved, base: over, changes: made } = news.draft;
        // Over another version its changes mean something else.
        if (over !== base && !saver.hasUnsaved) setOutdated(true);
        else if (saver.seen(saved, made) === "follows") show(laidOver(before, made));
      },
    });
    return () => watch.current?.end();
  }, [url, key, saver, show, before, base]);

  const typeAll = useCallback(
    (typed: readonly TypedFile[]) => {
      for (const file of typed) saver.type(file);
    },
    [saver],
  );
  const changed = useMemo(() => inOrder(changedPaths(before, files)), [before, files]);
  const ordered = useMemo(
    () => new Map(inOrder(files.keys()).flatMap((path) => entryOf(files, path))),
    [files],
  );
  return {
    files: ordered,
    changed,
    state,
    head,
    isOutdated,
    text: (path) => {
      const file = latest.current.get(path);
      return file?.kind === "text" ? file.text : "";
    },
    type: (path, text) => {
      const typed = typedText(before, path, text);
      show(afterTyping(latest.current, before, typed));
      saver.type(typed);
    },
    put: (path, hash) => {
      const typed = typedBytes(before, path, hash);
      show(afterTyping(latest.current, before, typed));
      saver.type(typed);
    },
    remove: (path) => {
      const isOfVersion = before.some((one) => one.path === path);
      const typed: TypedFile = { path, kind: isOfVersion ? "removed" : "kept" };
      show(afterTyping(latest.current, before, typed));
      saver.type(typed);
    },
    flush: async () => ((await saver.flush()) ? saver.revision : undefined),
    giveUp: () => {
      const mine = latest.current;
      const kept = changedPaths(before, mine).map((path): TypedFile => ({ path, kind: "kept" }));
      show(kept.reduce((all, file) => afterTyping(all, before, file), mine));
      typeAll(kept);
      return () => {
        show(mine);
        typeAll(allTyped(before, mine, []));
      };
    },
    keepMine: () => {
      if (state.kind === "behind") saver.keepMine(allTyped(before, latest.current, state.changes));
    },
    takeTheirs: () => {
      if (state.kind !== "behind") return;
      saver.takeTheirs();
      // It may lie over another version by now: the page is read anew.
      void keepHere(key, { revision: 0, files: [] }).then(() => window.location.reload());
    },
  };
}

function entryOf(files: Files, path: string) {
  const file = files.get(path);
  return file === undefined ? [] : [[path, file] as const];
}
