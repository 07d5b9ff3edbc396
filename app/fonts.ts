import localFont from "next/font/local";

/**
 * Source Serif 4, Source Sans 3 and Source Code Pro: one family in three voices, served by the
 * site itself. What a page needs at once is fetched with it, the rest when a character asks for it.
 */

const serif = localFont({
  src: [
    {
      path: "../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-normal.woff2",
      style: "normal",
    },
    {
      path: "../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-italic.woff2",
      style: "italic",
    },
  ],
  weight: "200 900",
  variable: "--font-serif",
  display: "swap",
  adjustFontFallback: false,
});

/** Of formulas and of what is said about them. */
const serifGreek = localFont({
  src: [
    {
      path: "../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-greek-opsz-normal.woff2",
      style: "normal",
    },
    {
      path: "../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-greek-opsz-italic.woff2",
      style: "italic",
    },
  ],
  weight: "200 900",
  variable: "--font-serif-greek",
  display: "swap",
  preload: false,
  adjustFontFallback: false,
  declarations: [{ prop: "unicode-range", value: "U+0370-03FF" }],
});

/** Names of people: Høiland, Kovač, Kowalska. */
const serifExt = localFont({
  src: "../node_modules/@fontsource-variable/source-serif-4/files/source-serif-4-latin-ext-opsz-normal.woff2",
  weight: "200 900",
  variable: "--font-serif-ext",
  display: "swap",
  preload: false,
  adjustFontFallback: false,
  declarations: [{ prop: "unicode-range", value: "U+0100-02BA, U+02BD-02C5, U+1E00-1E9F" }],
});

const sans = localFont({
  src: "../node_modules/@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2",
  weight: "200 900",
  variable: "--font-sans",
  display: "swap",
  adjustFontFallback: false,
});

const sansExt = localFont({
  src: "../node_modules/@fontsource-variable/source-sans-3/files/source-sans-3-latin-ext-wght-normal.woff2",
  weight: "200 900",
  variable: "--font-sans-ext",
  display: "swap",
  preload: false,
  adjustFontFallback: false,
  declarations: [{ prop: "unicode-range", value: "U+0100-02BA, U+02BD-02C5, U+1E00-1E9F" }],
});

const mono = localFont({
  src: [
    {
      path: "../node_modules/@fontsource-variable/source-code-pro/files/source-code-pro-latin-wght-normal.woff2",
      style: "normal",
    },
    {
      path: "../node_modules/@fontsource-variable/source-code-pro/files/source-code-pro-latin-wght-italic.woff2",
      style: "italic",
    },
  ],
  weight: "200 900",
  variable: "--font-mono",
  display: "swap",
  adjustFontFallback: false,
});

/** Makes the families known below the element that has it. */
export const fontClassName = [serif, serifGreek, serifExt, sans, sansExt, mono]
  .map(({ variable }) => variable)
  .join(" ");
