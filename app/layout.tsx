import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { fontClassName } from "./fonts.ts";
import "./tokens.css";
import "./base.css";
import { THEME_COOKIE, themeOf } from "./bar/theme.ts";
import { TopBar } from "./bar/top-bar.tsx";
import { COURSE_TITLE } from "./course.ts";
import { Kept } from "./exercises/kept.tsx";
import css from "./layout.module.css";

export const metadata: Metadata = {
  title: { default: `${COURSE_TITLE} · Kernelbook`, template: "%s · Kernelbook" },
  description: "Lectures on the inside of Linux whose cells run on a kernel in the page.",
  applicationName: "Kernelbook",
};

export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fdfdfb" },
    { media: "(prefers-color-scheme: dark)", color: "#131516" },
  ],
};

interface LayoutProps {
  children: ReactNode;
  /** Where the page stands in the course, for the bar. */
  crumbs: ReactNode;
}

/** What every page stands in. The theme is known before anything is drawn, so nothing flashes. */
export default async function Layout({ children, crumbs }: LayoutProps) {
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html
      lang="en"
      className={fontClassName}
      data-theme={theme === "system" ? undefined : theme}
      // The switch sets the theme here, too, without asking the server.
      suppressHydrationWarning
    >
      <body>
        <a className={css["skip"]} href="#main">
          Skip to the text
        </a>
        <TopBar crumbs={crumbs} theme={theme} />
        <Kept />
        {children}
      </body>
    </html>
  );
}
