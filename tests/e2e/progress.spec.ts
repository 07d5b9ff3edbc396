import { expect } from "playwright/test";
import { db } from "../../server/db/client.ts";
import { ADD_UP_SOLUTION, until } from "../grading.ts";
import { axeFindings } from "./axe.ts";
import { test } from "./class-site.ts";
import { signInAs } from "./sign-in.ts";

const PROGRESS = "/class/demo/progress";
const HALF = "export const sum = (a, b) => a + b;\nexport const reverse = (bytes) => bytes;\n";

test.use({ classOf: "progress" });

test.beforeAll(async ({ site }) => {
  await site.submit("mira.kovac", "add-up", HALF);
  await site.submit("mira.kovac", "add-up", ADD_UP_SOLUTION);
  await site.submit("bao.nguyen", "add-up", HALF);
  await until(async () => {
    const waiting = await db().submission.count({ where: { results: { none: {} } } });
    return waiting === 0 ? true : undefined;
  });
});

test("charts and tables of a class say the same, for all exercises and for one", async ({
  page,
}) => {
  await signInAs(page, "Henrik", PROGRESS);
  const row = page.getByRole("row", { name: /^1\.1 Add up/ });
  await expect(row.getByRole("cell")).toContainText([/Add up/, /^2 of /, /^3$/, /^1$/, /^2$/]);
  const chart = page.getByRole("region", { name: /^Chart: full points and tried/ });
  await expect(chart.locator("svg")).toContainText("1.1 Add up: full points 1, tried 2");
  await row.getByRole("link", { name: "1.1 Add up" }).click();
  await expect(page).toHaveURL(`${PROGRESS}/add-up`);
  await expect(page.getByRole("region", { name: /^Chart: / }).first()).toBeVisible();
});

test("who learns sees their own progress the same way", async ({ page }) => {
  await signInAs(page, "Mira", "/progress");
  const row = page.getByRole("row", { name: /1\.1 Add up/ });
  await expect(row).toContainText("3");
  const charts = page.getByRole("region", { name: /^Chart: / });
  await expect(charts.first().locator("svg")).toContainText("1.1 Add up");
  await expect(page.getByText("Bao")).toHaveCount(0);
});

for (const width of [1440, 360]) {
  test(`axe finds nothing at ${width} px, and no page scrolls sideways`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await signInAs(page, "Henrik", PROGRESS);
    for (const path of [PROGRESS, `${PROGRESS}/add-up`]) {
      await page.goto(path);
      expect(await axeFindings(page)).toEqual([]);
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(wider).toBe(0);
    }
  });
}
