import { gzipSync } from "node:zlib";
import { chromium, type Page } from "playwright";
import { chromiumOptions } from "./chromium.ts";

/** The scripts that a page loads before anybody touches it. */
export interface PageWeight {
  readonly path: string;
  readonly gzKb: number;
  readonly scripts: readonly { readonly url: string; readonly gzKb: number }[];
}

/** Loads a page in a Chromium and weighs every script it fetches, compressed as it is sent. */
export async function pageWeight(site: string, path: string): Promise<PageWeight> {
  const browser = await chromium.launch(chromiumOptions());
  try {
    const page = await browser.newPage();
    return await weigh(page, site, path);
  } finally {
    await browser.close();
  }
}

/**
 * What the first run of a cell fetches besides, in KB as it is sent: of the lecture's first cell, or of the one whose
 * id is given.
 */
export async function firstRunKb(site: string, path: string, cell?: string): Promise<number> {
  const browser = await chromium.launch(chromiumOptions());
  try {
    const page = await browser.newPage();
    await page.goto(`${site}${path}`, { waitUntil: "networkidle" });
    const bodies: Promise<number>[] = [];
    page.on("response", (response) => {
      const type = response.headers()["content-type"] ?? "";
      if (type.includes("javascript")) bodies.push(response.body().then(gzSize));
    });
    const place = cell === undefined ? page.locator("main") : page.locator(`#cell-${cell}`);
    await place
      .getByRole("button", { name: /^Run cell/ })
      .first()
      .click();
    await page
      .getByText(/Ran in/)
      .first()
      .waitFor();
    const sizes = await Promise.all(bodies);
    return sizes.reduce((sum, kb) => sum + kb, 0);
  } finally {
    await browser.close();
  }
}

/** The first lecture that the home page links to. */
export async function firstLecture(site: string): Promise<string> {
  const home = await (await fetch(site)).text();
  const link = /href="(\/lectures\/[^"#?]+)"/.exec(home)?.[1];
  if (link === undefined) throw new Error("the home page links to no lecture");
  return link;
}

async function weigh(page: Page, site: string, path: string): Promise<PageWeight> {
  const bodies: Promise<{ url: string; gzKb: number }>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    const url = response.url();
    bodies.push(response.body().then((body) => ({ url, gzKb: gzSize(body) })));
  });
  await page.goto(`${site}${path}`, { waitUntil: "networkidle" });
  const scripts = await Promise.all(bodies);
  return { path, scripts, gzKb: scripts.reduce((sum, { gzKb }) => sum + gzKb, 0) };
}

function gzSize(body: Buffer): number {
  return gzipSync(body).length / 1000;
}
