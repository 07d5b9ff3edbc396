"use client";

import css from "./lecture-head.module.css";

export function PrintButton() {
  return (
    <button type="button" className={css["print"]} onClick={() => window.print()}>
      Print
    </button>
  );
}
