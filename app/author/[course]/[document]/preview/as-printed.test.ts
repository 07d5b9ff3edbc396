import { afterEach, expect, test, vi } from "vitest";
import { printed, showAsPrinted } from "./as-printed.ts";

/** As far as style sheets are read here. */
class GroupingRule {
  readonly cssRules: readonly GroupingRule[];
  constructor(cssRules: readonly GroupingRule[] = []) {
    this.cssRules = cssRules;
  }
}
class MediaRule extends GroupingRule {
  readonly media: { mediaText: string };
  constructor(mediaText: string, cssRules: readonly GroupingRule[] = []) {
    super(cssRules);
    this.media = { mediaText };
  }
}

afterEach(() => vi.unstubAllGlobals());

test("what is for print holds, what is for the screen does not, and it is turned back", () => {
  vi.stubGlobal("CSSGroupingRule", GroupingRule);
  vi.stubGlobal("CSSMediaRule", MediaRule);
  const [inLayer, wide] = [new MediaRule("screen"), new MediaRule("(min-width: 40rem)")];
  const print = new MediaRule("print", [new MediaRule("print and (orientation: portrait)")]);
  const rules = [new GroupingRule([inLayer]), print, wide];
  const root: { dataset: Record<string, string> } = { dataset: {} };
  const page = { styleSheets: [{ cssRules: rules }], documentElement: root };
  const texts = () => [inLayer, print, ...print.cssRules, wide].map(textOf);
  const before = texts();
  const turnBack = showAsPrinted(page as unknown as Document);
  expect(texts()).toEqual(["not all", "all", "(orientation: portrait)", "(min-width: 40rem)"]);
  expect(root.dataset).toEqual({ printed: "" });
  turnBack();
  expect(texts()).toEqual(before);
  expect(root.dataset).toEqual({});
});

test("of several media each is turned by itself", () => {
  expect(printed("screen and (min-width: 1px), only print and (color), all")).toBe(
    "not all, (color), all",
  );
});

function textOf(rule: GroupingRule): string {
  return rule instanceof MediaRule ? rule.media.mediaText : "";
}
