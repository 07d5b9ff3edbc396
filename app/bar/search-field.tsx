"use client";

import { lazy, type MouseEvent, Suspense, useEffect, useState } from "react";
import { hasSingleKeysHere } from "#notebook/session";
import css from "./bar.module.css";

const SearchDialog = lazy(async () => {
  const { SearchDialog: dialog } = await import("../search/search-dialog.tsx");
  return { default: dialog };
});

/** The way to the search: a dialog, also by `/`; without script the page that does the same. */
export function SearchField() {
  const [isOpen, setOpen] = useState(false);

  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
      if (event.key !== "/" || hasModifier || event.defaultPrevented || isTaken(event.target))
        return;
      if (!hasSingleKeysHere()) return;
      event.preventDefault();
      setOpen(true);
    };
    document.addEventListener("keydown", open);
    return () => document.removeEventListener("keydown", open);
  }, []);

  const openHere = (event: MouseEvent) => {
    // In a new tab it is the page.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setOpen(true);
  };

  return (
    <>
      <a className={css["find"]} href="/search" aria-label="Search the course" onClick={openHere}>
        <svg className={css["mark"]} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
          <circle cx="7" cy="7" r="4.5" />
          <path d="m10.5 10.5 3 3" />
        </svg>
        <span>Search the course</span>
        <kbd>/</kbd>
      </a>
      {isOpen && (
        <Suspense>
          <SearchDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

/** Whether the key belongs to what somebody is typing, or to a dialog that is open. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  return isTyping || target.closest("dialog") !== null;
}
