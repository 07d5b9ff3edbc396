/** The page's own rules for print, on the screen. */

/** Turns the page's style sheets to what they say for print; the answer turns them back. */
export function showAsPrinted(page: Document): () => void {
  const turned: { readonly media: MediaList; readonly before: string }[] = [];
  for (const sheet of page.styleSheets) {
    for (const media of mediaIn(sheet.cssRules)) {
      const before = media.mediaText;
      const after = printed(before);
      if (after === before) continue;
      turned.push({ media, before });
      media.mediaText = after;
    }
  }
  const root = page.documentElement;
  root.dataset["printed"] = "";
  return () => {
    for (const { media, before } of turned) media.mediaText = before;
    delete root.dataset["printed"];
  };
}

/** What is for the screen holds nowhere, what is for print holds here. */
export function printed(media: string): string {
  return media
    .split(",")
    .map((query) => query.trim())
    .map((query) => {
      if (/^(?:only )?screen\b/.test(query)) return "not all";
      if (query === "print") return "all";
      return query.replace(/^(?:only )?print and /, "");
    })
    .join(", ");
}

function mediaIn(rules: CSSRuleList): MediaList[] {
  return [...rules].flatMap((rule) => {
    const own = rule instanceof CSSMediaRule ? [rule.media] : [];
    const inside = rule instanceof CSSGroupingRule ? mediaIn(rule.cssRules) : [];
    return [...own, ...inside];
  });
}
