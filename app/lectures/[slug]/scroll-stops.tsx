"use client";

import { useEffect } from "react";

/** Makes each `data-scroller` of the page a stop for the keyboard while it has something to scroll. */
export function ScrollStops() {
  useEffect(() => {
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) markStop(target);
    });
    for (const scroller of document.querySelectorAll("[data-scroller], .katex-display")) {
      observer.observe(scroller);
    }
    return () => observer.disconnect();
  }, []);
  return null;
}

function markStop(scroller: Element): void {
  if (scroller.scrollWidth > scroller.clientWidth) scroller.setAttribute("tabindex", "0");
  else scroller.removeAttribute("tabindex");
}
