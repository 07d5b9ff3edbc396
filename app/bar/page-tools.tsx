"use client";

import { type ReactNode, useEffect, useState } from "react";
import { createPortal } from "react-dom";

export const PAGE_TOOLS_ID = "page-tools";

/**
 * Puts what a page can do as a whole into the bar. The bar keeps the room free on pages that say
 * `data-has-tools`, so that nothing moves when the tools come.
 */
export function PageTools({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useEffect(() => setPlace(document.getElementById(PAGE_TOOLS_ID)), []);
  return place === null ? null : createPortal(children, place);
}
