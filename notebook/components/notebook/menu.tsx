"use client";

import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import css from "./menu.module.css";

export interface MenuEntry {
  readonly says: string;
  /** The same by keyboard. */
  readonly keys?: string;
  readonly isOff?: boolean;
  /** A line stands above it. */
  readonly startsGroup?: boolean;
  readonly onChoose: () => void;
}

interface MenuProps {
  /** The button's name. */
  label: string;
  button: ReactNode;
  buttonClassName?: string | undefined;
  /** Called when it opens, so that a closed menu costs nothing. */
  entries: () => readonly MenuEntry[];
}

/** A button that opens a list of actions: arrows move, Escape closes and gives the focus back. */
export function Menu({ label, button, buttonClassName, entries }: MenuProps) {
  const [open, setOpen] = useState<readonly MenuEntry[] | undefined>(undefined);
  const place = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => setOpen(undefined);

  useEffect(() => {
    if (open === undefined) return;
    itemsIn(place.current)[0]?.focus();
    const closeOutside = (event: PointerEvent) => {
      const isInside = event.target instanceof Node && place.current?.contains(event.target);
      if (!isInside) setOpen(undefined);
    };
    document.addEventListener("pointerdown", closeOutside);
    return () => document.removeEventListener("pointerdown", closeOutside);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" || event.key === "Tab") {
      close();
      opener.current?.focus();
      if (event.key === "Escape") event.stopPropagation();
    }
    const items = itemsIn(place.current);
    const next = nextItem(
      event.key,
      items.indexOf(document.activeElement as HTMLElement),
      items.length,
    );
    if (next === undefined) return;
    event.preventDefault();
    items[next]?.focus();
  };

  return (
    <div ref={place} className={css["menu"]}>
      <button
        ref={opener}
        type="button"
        className={buttonClassName}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open !== undefined}
        onClick={() => setOpen(open === undefined ? entries() : undefined)}
      >
        {button}
      </button>
      {open !== undefined && (
        <div
          className={css["list"]}
          role="menu"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={onKeyDown}
        >
          {open.map((entry) => (
            <button
              key={entry.says}
              type="button"
              role="menuitem"
              tabIndex={-1}
              className={css["item"]}
              data-group={entry.startsGroup || undefined}
              aria-disabled={entry.isOff || undefined}
              onClick={() => {
                if (entry.isOff) return;
                close();
                opener.current?.focus({ preventScroll: true });
                entry.onChoose();
              }}
            >
              {entry.says}
              {entry.keys !== undefined && <kbd>{entry.keys}</kbd>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function itemsIn(place: HTMLElement | null): readonly HTMLElement[] {
  return [...(place?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
}

function nextItem(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
