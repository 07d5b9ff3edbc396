"use client";

import { useState } from "react";
import css from "./bar.module.css";
import { THEME_COOKIE, type Theme } from "./theme.ts";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const SAYS: Record<Theme, string> = {
  system: "Theme: as the system",
  light: "Theme: light",
  dark: "Theme: dark",
};
const YEAR_S = 365 * 24 * 60 * 60;

/** Goes from the system's theme to light, to dark, and back. */
export function ThemeSwitch({ initial }: { initial: Theme }) {
  const [theme, setTheme] = useState(initial);
  const choose = () => {
    const next = NEXT[theme];
    setTheme(next);
    keep(next);
  };
  return (
    <button
      type="button"
      className={css["icon"]}
      data-needs-script=""
      aria-label={SAYS[theme]}
      title={SAYS[theme]}
      onClick={choose}
    >
      <svg className={css["mark"]} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <circle cx="8" cy="8" r="5.5" />
        {theme === "light" ? (
          <circle cx="8" cy="8" r="2" fill="currentColor" />
        ) : (
          <path
            d={
              theme === "dark"
                ? "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z"
                : "M8 2.5v11A5.5 5.5 0 0 0 8 2.5z"
            }
            fill="currentColor"
          />
        )}
      </svg>
    </button>
  );
}

function keep(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset["theme"];
  else dataset["theme"] = theme;
  const maxAge = theme === "system" ? 0 : YEAR_S;
  // biome-ignore lint/suspicious/noDocumentCookie: there is no Cookie Store in every browser
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${maxAge}; samesite=lax`;
}
