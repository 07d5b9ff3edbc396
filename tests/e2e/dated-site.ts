/** A site of its own with a small course, whose only run is the demo's. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test as base } from "playwright/test";
import { startSite } from "../site.ts";
import { TINY_COURSE } from "../tiny-course.ts";

/** With the smallest whole course. */
export const test = testOn(TINY_COURSE);

/** With the files of a course, by their path. */
export function testOn(files: Readonly<Record<string, string>>) {
  return base.extend<object, { site: { readonly url: string } }>({
    site: [
      // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures it needs
      async ({}, use) => {
        const course = mkdtempSync(join(tmpdir(), "kernelbook-course-"));
        for (const [path, text] of Object.entries(files)) {
          mkdirSync(dirname(join(course, path)), { recursive: true });
          writeFileSync(join(course, path), text);
        }
        const site = await startSite({ COURSE_DIR: course });
        await use({ url: site.url });
        await site.stop();
        rmSync(course, { recursive: true });
      },
      { scope: "worker" },
    ],
    baseURL: async ({ site }, use) => {
      await use(site.url);
    },
  });
}
