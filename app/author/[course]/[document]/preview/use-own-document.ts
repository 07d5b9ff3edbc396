"use client";

import { useEffect } from "react";

/**
 * Loads the editor as a document of its own when somebody came to it without one, as after a form
 * that led here: what may be framed, and so the preview, is said by the answer to the first page.
 */
export function useOwnDocument(): void {
  useEffect(() => {
    const [loaded] = performance.getEntriesByType("navigation");
    if (loaded !== undefined && new URL(loaded.name).pathname !== window.location.pathname) {
      window.location.reload();
    }
  }, []);
}
