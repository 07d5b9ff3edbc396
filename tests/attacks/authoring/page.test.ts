/**
 * What an author's text could do to the page around it: formulas that cover what others have written,
 * and headings that take the names of the page's own scripts.
 */
import { readFileSync } from "node:fs";
import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { type Browser, chromium, type Page } from "playwright";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import { renderToStaticMarkup } from "react-dom/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toBody } from "../../../server/course/mdx/body.ts";
import { checkText } from "../../../server/course/mdx/check-text.ts";
import { parseMdx } from "../../../server/course/mdx/parse-mdx.ts";
import { chromiumOptions } from "../../chromium.ts";

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch(chromiumOptions());
  page = await browser.newPage({ viewport: { width: 900, height: 700 } });
});
afterAll(() => browser?.close());

const styles = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const KATEX = styles("../../../node_modules/katex/dist/katex.min.css").replace(
  /@font-face\{[^}]*\}/g,
  "",
);
const OURS = styles("../../../app/formulas.css");

async function bodyOf(text: string): Promise<string> {
  const root = parseMdx(text, "lecture.mdx");
  const { facts, problems } = checkText(root, {});
  expect(problems).toEqual([]);
  const { body } = await toBody(root, facts.headings);
  return renderToStaticMarkup(toJsxRuntime(body, { Fragment, jsx, jsxs }));
}

/** How many points of the text around the formula belong to something of the formula's. */
async function covered(formula: string, css: string): Promise<number> {
  const around = "The words of somebody else. ".repeat(12);
  const html = await bodyOf(`${around}\n\nBefore ${formula} after.\n\n${around}\n`);
  await page.setContent(
    `<!doctype html><style>${KATEX}\n${css}\nbody{margin:0;padding:200px;width:500px}</style>${html}`,
  );
  return page.evaluate(() => {
    let points = 0;
    for (const paragraph of [...document.querySelectorAll("p")].filter(
      (one) => one.querySelector(".katex") === null,
    )) {
      const { left, top, width, height } = paragraph.getBoundingClientRect();
      for (let x = left + 2; x < left + width; x += 12) {
        for (let y = top + 6; y < top + height - 6; y += 6) {
          if (document.elementFromPoint(x, y)?.closest(".katex")) points++;
        }
      }
    }
    return points;
  });
}

describe("a formula covers nothing around it", () => {
  test.each([
    ["with a rule far below", "\\smash{\\rule[-5em]{15em}{5em}}"],
    ["with a negative row", "\\begin{matrix}a\\\\[-9em]\\rule{15em}{3em}\\end{matrix}"],
    ["with a rule that is centred", "\\vcenter{\\smash{\\rule[-9em]{9em}{9em}}}"],
    [
      "with rows that take no room",
      "\\smash{\\begin{matrix}\\rule{9em}{3em}\\\\[9em]\\rule{15em}{3em}\\end{matrix}}",
    ],
  ])("%s", async (_, formula) => {
    expect(await covered(`$${formula}$`, "")).toBeGreaterThan(0);
    expect(await covered(`$${formula}$`, OURS)).toBe(0);
  });
});

test.each(["__next_f", "_next_f", "__next_s", "__turbopack_chunks", "__webpack_require__"])(
  "a heading called %s takes no name from the page's scripts",
  async (name) => {
    await page.setContent(await bodyOf(`## \`${name}\`\n\nText.\n`));
    expect(await page.evaluate((global) => typeof Reflect.get(window, global), name)).toBe(
      "undefined",
    );
    expect(await page.locator("h2").getAttribute("id")).toBe(`heading-${name}`);
  },
);
