/** Pages tried for what readers with assistive technology stumble over. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright/test";

/** Rules whose answer depends on the colours of the page. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

/**
 * What axe finds on the page as it stands, in light and in dark: of each violation the rule and the
 * elements. The document is the same in both, so in dark colours alone are tried.
 *
 * @param part a selector; undefined: the whole page
 * @param except a selector of what others answer for
 */
export async function axeFindings(page: Page, part?: string, except?: string): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const light = await axeOn(page, part, except).analyze();
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const dark = await axeOn(page, part, except).withRules(OF_COLOURS).analyze();
  return [
    ...light.violations.map(({ id, nodes }) => `${id}: ${htmlOf(nodes)}`),
    ...dark.violations.map(({ id, nodes }) => `${id}, in dark: ${htmlOf(nodes)}`),
  ];
}

function axeOn(page: Page, part: string | undefined, except: string | undefined): AxeBuilder {
  const axe = new AxeBuilder({ page });
  if (part !== undefined) axe.include(part);
  return except === undefined ? axe : axe.exclude(except);
}

function htmlOf(nodes: readonly { readonly html: string }[]): string {
  return nodes.map(({ html }) => html).join("\n");
}
