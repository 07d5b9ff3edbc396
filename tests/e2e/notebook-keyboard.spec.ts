import { expect, type Page, test } from "playwright/test";
import { cell, code, openLecture, output, replaceAll } from "./notebook-page.ts";

test("a whole visit without a mouse: find, run, edit, stop, restart", async ({ page }) => {
  await openLecture(page);
  await tabTo(page, "Run cell 1");
  await page.keyboard.press("Enter");
  await expect(cell(page, 1).getByText("Ran", { exact: true })).toBeVisible();

  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(code(page, 1)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(code(page, 2)).toBeFocused();
  await page.keyboard.press("k");
  await expect(code(page, 1)).toBeFocused();
  await page.keyboard.press("j");
  await expect(code(page, 2)).toBeFocused();

  await page.keyboard.press("Enter");
  await expect(cell(page, 2).locator(".monaco-editor")).toBeVisible();
  await replaceAll(page, "let spins = 0\nfor (;;) spins++");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(code(page, 2)).toBeFocused();
  await expect(cell(page, 2).getByText("Running")).toBeVisible();

  await page.keyboard.press("i");
  await page.keyboard.press("i");
  await expect(cell(page, 2).getByText("Stopped")).toBeVisible();

  await page.keyboard.press("Enter");
  await expect(cell(page, 2).locator(".monaco-editor")).toBeVisible();
  await replaceAll(page, "eventsReplayed");
  await page.keyboard.press("Shift+Enter");
  await expect(output(page, 2)).toHaveText(/^\d+$/);
  await expect(code(page, 3)).toBeFocused();

  await page.keyboard.press("k");
  await page.keyboard.press("o");
  await expect(output(page, 2)).toHaveCount(0);
  await page.keyboard.press("o");
  await expect(output(page, 2)).toBeVisible();

  await page.keyboard.press("0");
  await page.keyboard.press("0");
  await expect(cell(page, 1).getByText("Ran before the restart")).toBeVisible();
});

test("? lists the keys, and Escape closes the list where it was opened", async ({ page }) => {
  await openLecture(page);
  await code(page, 1).focus();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await expect(dialog.getByText("Run the cell and go to the next one")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(code(page, 1)).toBeFocused();
});

test("the menu of a cell is worked by arrows and gives the focus back", async ({ page }) => {
  await openLecture(page);
  const opener = page.getByRole("button", { name: "More for cell 1", exact: true });
  await opener.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: /^Run Ctrl/ })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem", { name: /^Run and go on/ })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menu")).toHaveCount(0);
  await expect(opener).toBeFocused();
});

test("single keys do nothing while a button has the focus", async ({ page }) => {
  await openLecture(page);
  const button = page.getByRole("button", { name: "Run cell 2", exact: true });
  await button.focus();
  await page.keyboard.press("j");
  await page.keyboard.press("o");
  await expect(button).toBeFocused();
});

/** Presses Tab until the button with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  const button = page.getByRole("button", { name, exact: true });
  for (let presses = 0; presses < 300; presses++) {
    if (await button.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no way to "${name}" by Tab`);
}
