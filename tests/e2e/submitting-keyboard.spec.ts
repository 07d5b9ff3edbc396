import { expect, type Locator, type Page, test } from "playwright/test";
import { awake, courseFile, onlyOnce, pathOf, replaceText, textOf } from "./exercise-page.ts";
import { listen } from "./notebook-page.ts";

const EXERCISE = "inside-the-verifier";

/** Tab until `target` has the focus: so many stops at most. */
async function tabTo(page: Page, target: Locator, stopsMax = 60): Promise<void> {
  for (let stops = 0; stops < stopsMax; stops++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(target).toBeFocused();
}

test("an exercise is tried, submitted and read with the keyboard alone", async ({ page }) => {
  await page.goto(pathOf(EXERCISE));
  await awake(page);
  await tabTo(page, page.getByRole("link", { name: "Sign in to submit" }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Enter as Mira" }));
  await page.keyboard.press("Enter");
  await awake(page);
  const said = await listen(page);
  await tabTo(page, textOf(page));
  await page.keyboard.press("Enter");
  await replaceText(page, onlyOnce(courseFile(EXERCISE, "solution.ts")));
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(page.getByText(/pass, in your browser$/)).toBeVisible({ timeout: 30_000 });
  await page.keyboard.press("Escape");
  await expect(textOf(page)).toBeFocused();
  await page.keyboard.press("ControlOrMeta+Shift+Enter");
  await expect(page.locator("[data-station='graded']")).toBeVisible({ timeout: 30_000 });
  const open = page.getByRole("table", { name: "Attempts" }).getByRole("link").first();
  await tabTo(page, open);
  const words = (await said()).filter((text) => /^Attempt \d+/.test(text));
  expect(words.map((text) => text.replace(/\d+/, "n"))).toEqual([
    "Attempt n is stored.",
    "Attempt n: 9 of 9 points.",
  ]);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("group", { name: "The submitted text" })).toBeVisible();
});
