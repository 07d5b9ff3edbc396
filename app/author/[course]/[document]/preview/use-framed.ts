"use client";

import { useEffect } from "react";

/** Beside an editor the page has no bar of the site, and its links lead out into tabs of their own. */
export function useFramed(): void {
  useEffect(() => {
    if (window.parent === window) return;
    document.documentElement.dataset["framed"] = "";
    const lead = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      if (link === null || link.pathname === window.location.pathname) return;
      // No other page may be framed: the frame would be left empty.
      link.target = "_blank";
      link.rel = "noopener";
    };
    document.addEventListener("click", lead, { capture: true });
    return () => document.removeEventListener("click", lead, { capture: true });
  }, []);
}
