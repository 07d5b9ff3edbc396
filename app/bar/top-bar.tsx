import type { ReactNode } from "react";
import { AccountMenu } from "../account-menu.tsx";
import css from "./bar.module.css";
import { PAGE_TOOLS_ID } from "./page-tools.tsx";
import { RunChoice } from "./run-choice.tsx";
import { SearchField } from "./search-field.tsx";
import type { Theme } from "./theme.ts";
import { ThemeSwitch } from "./theme-switch.tsx";

interface TopBarProps {
  crumbs: ReactNode;
  theme: Theme;
}

/** The bar of every page. Under it runs the boundary: one thick line, one thin. */
export function TopBar({ crumbs, theme }: TopBarProps) {
  return (
    <header className={css["bar"]}>
      <a className={css["wordmark"]} href="/">
        Kernelbook
      </a>
      <nav className={css["crumbs"]} aria-label="You are here">
        {crumbs}
      </nav>
      <div className={css["end"]}>
        <SearchField />
        <div id={PAGE_TOOLS_ID} className={css["tools"]} />
        <RunChoice />
        <ThemeSwitch initial={theme} />
        <AccountMenu />
      </div>
    </header>
  );
}
