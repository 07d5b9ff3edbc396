/** Light or dark: the system's choice unless the reader has made one. */
export type Theme = "system" | "light" | "dark";

/** Sent with each request, so that the page comes in the right colours. */
export const THEME_COOKIE = "kernelbook-theme";

/** What a cookie says; whatever else it holds counts as no choice. */
export function themeOf(cookie: string | undefined): Theme {
  return cookie === "light" || cookie === "dark" ? cookie : "system";
}
