"use client";

import { useCallback, useState } from "react";
import { CELL_SEED } from "#notebook/document";
import { momentLink } from "#notebook/session";
import css from "./inspector.module.css";

interface CopyLinkProps {
  cellId: string;
  source: string;
  machine: number;
  event: number;
}

/** A link that brings whoever opens it here: with this text, this seed, to this event. */
export function CopyLink({ cellId, source, machine, event }: CopyLinkProps) {
  const [said, setSaid] = useState("");
  const copy = useCallback(async () => {
    const fragment = await momentLink({ cell: cellId, source, seed: CELL_SEED, machine, event });
    if (fragment === undefined) {
      setSaid("The text is too long for a link.");
      return;
    }
    const { origin, pathname } = window.location;
    try {
      await navigator.clipboard.writeText(`${origin}${pathname}${fragment}`);
      setSaid("Copied.");
    } catch {
      // No clipboard for this page: the address bar has it then.
      window.history.replaceState(null, "", fragment);
      setSaid("It stands in the address.");
    }
  }, [cellId, source, machine, event]);
  return (
    <div className={css["link"]}>
      <button type="button" onClick={() => void copy()}>
        Copy a link to this moment
      </button>
      <output>{said}</output>
    </div>
  );
}
