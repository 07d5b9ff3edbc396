import type { ReactNode } from "react";
import type { Parts } from "../../../../lectures/[slug]/prose.tsx";
import css from "./preview.module.css";
import { WRONG } from "./shown-body.ts";

/** What is said where a block cannot be drawn: of any text, and all that a task has. */
export const WRONG_PARTS: Parts = {
  [WRONG]: function Wrong({ children }: { children: ReactNode }) {
    return (
      <div className={css["wrong"]} role="note" aria-label="Not shown">
        {children}
      </div>
    );
  },
};
