const SOMEWHERE = "http://site.invalid";

/**
 * The path inside the site that a person goes back to after signing in. Whatever leads anywhere
 * else, or straight back to the sign-in page, is answered by the home page.
 */
export function safeReturn(asked: unknown): string {
  if (typeof asked !== "string" || !/^\/(?![/\\])/.test(asked) || /[\p{Cc}\\]/u.test(asked))
    return "/";
  if (!URL.canParse(asked, SOMEWHERE)) return "/";
  const url = new URL(asked, SOMEWHERE);
  if (url.origin !== SOMEWHERE || /^\/(signin|signup|reset)(\/|$)/.test(url.pathname)) return "/";
  const path = `${url.pathname}${url.search}${url.hash}`;
  // `/.//elsewhere` becomes `//elsewhere`.
  return path.startsWith("//") ? "/" : path;
}
