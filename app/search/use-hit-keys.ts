"use client";

import {
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
  useLayoutEffect,
  useRef,
} from "react";

/** Keys that were pressed before the hits were there that they are meant for. */
interface KeysAhead {
  /** So many hits down from the field. */
  readonly down: number;
  /** And that one is to be followed. */
  readonly isFollowed: boolean;
}

const NONE: KeysAhead = { down: 0, isFollowed: false };

/**
 * Arrows go from the field through the hits. While an answer is on its way they wait for it, instead
 * of going into hits of what was typed before; and when a hit that has the focus is no longer
 * found, the first one gets it.
 */
export function useHitKeys(dialog: RefObject<HTMLElement | null>, isCurrent: boolean) {
  const ahead = useRef(NONE);
  /** True, too, when the hit that had the focus has been taken out of the page. */
  const isAtHit = useRef(false);

  // Before the next key comes.
  useLayoutEffect(() => {
    const [field, ...hits] = stopsIn(dialog.current);
    if (isAtHit.current && document.activeElement === document.body) (hits[0] ?? field)?.focus();
    if (!isCurrent || ahead.current.down === 0) return;
    const { down, isFollowed } = ahead.current;
    ahead.current = NONE;
    const hit = hits[Math.min(down, hits.length) - 1];
    hit?.focus();
    if (isFollowed) hit?.click();
  });

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const isAhead = !isCurrent && event.target instanceof HTMLInputElement;
    if (by !== 0) {
      event.preventDefault();
      if (isAhead)
        ahead.current = { down: Math.max(0, ahead.current.down + by), isFollowed: false };
      else moveBy(by, event.currentTarget);
    } else if (isAhead && event.key === "Enter" && ahead.current.down > 0) {
      event.preventDefault();
      ahead.current = { ...ahead.current, isFollowed: true };
    } else ahead.current = NONE;
  };

  const onFocus = ({ target }: FocusEvent) => {
    isAtHit.current = target instanceof HTMLAnchorElement;
  };
  const onBlur = () => {
    isAtHit.current = false;
  };
  return { onKeyDown, onFocus, onBlur };
}

function moveBy(by: number, dialog: HTMLElement): void {
  const stops = stopsIn(dialog);
  const at = stops.indexOf(document.activeElement as HTMLElement);
  stops[Math.max(0, Math.min(stops.length - 1, at + by))]?.focus();
}

/** The field, and what was found. */
function stopsIn(dialog: HTMLElement | null): readonly HTMLElement[] {
  return [...(dialog?.querySelectorAll<HTMLElement>("input, ol a") ?? [])];
}
