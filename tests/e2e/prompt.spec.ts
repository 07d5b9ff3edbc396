import { expect, test } from "playwright/test";
import { cell, openLecture, output, rewrite, run } from "./notebook-page.ts";

test("an endless loop ends at once, and everything else stays", async ({ page }) => {
  await openLecture(page);
  await rewrite(page, 2, "const kept = 41");
  await run(page, 2);
  await expect(cell(page, 2).getByText("Ran", { exact: true })).toBeVisible();
  await rewrite(page, 3, "console.log('begun')\nfor (;;) {}");
  await run(page, 3);
  await expect(output(page, 3)).toContainText("begun");
  const asked = Date.now();
  await page.getByRole("button", { name: "Stop cell 3" }).click();
  await expect(cell(page, 3).getByText("Stopped")).toBeVisible();
  expect(Date.now() - asked).toBeLessThan(2000);
  await expect(output(page, 3)).toContainText("begun");
  await rewrite(page, 4, "kept + 1");
  await run(page, 4);
  await expect(output(page, 4)).toHaveText("42");
});
