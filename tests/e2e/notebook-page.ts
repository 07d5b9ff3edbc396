import { expect, type Locator, type Page } from "playwright/test";

export const LECTURE = "/lectures/11-ebpf-1-machine";

/** The lecture's page, once its cells are alive. */
export async function openLecture(page: Page, path = LECTURE): Promise<void> {
  const answer = await page.goto(path);
  expect(answer?.status()).toBe(200);
  await expect(page.locator("[data-notebook='alive']")).toBeAttached();
}

/** The cell with this number. */
export function cell(page: Page, number: number): Locator {
  return page.getByRole("region", { name: `Cell ${number}`, exact: true });
}

export function code(page: Page, number: number): Locator {
  return page.getByRole("group", { name: `Code of cell ${number}`, exact: true });
}

export function output(page: Page, number: number): Locator {
  return page.getByRole("group", { name: `Output of cell ${number}`, exact: true });
}

export async function run(page: Page, number: number): Promise<void> {
  await page.getByRole("button", { name: `Run cell ${number}`, exact: true }).click();
}

/** Opens the editor by key, puts `text` in the place of what is there, and leaves it. */
export async function rewrite(page: Page, number: number, text: string): Promise<void> {
  await startEditing(page, number);
  await replaceAll(page, text);
  await page.keyboard.press("Escape");
  await expect(code(page, number)).toBeFocused();
}

/** Puts `text` in the place of everything in the editor that has the focus. */
export async function replaceAll(page: Page, text: string): Promise<void> {
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
  // The editor closes quotes and brackets by itself.
  await page.keyboard.press("ControlOrMeta+Shift+End");
  await page.keyboard.press("Delete");
}

/** Opens the editor by key and waits until it has come. */
export async function startEditing(page: Page, number: number): Promise<void> {
  await code(page, number).focus();
  await page.keyboard.press("Enter");
  const editor = cell(page, number).getByRole("textbox", { name: `Code of cell ${number}` });
  await expect(cell(page, number).locator(".monaco-editor")).toBeVisible();
  await expect(editor.first()).toBeFocused();
}

/** Everything that a screen reader was told, in order. */
export async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    for (const region of document.querySelectorAll("[data-announcer]")) {
      new MutationObserver((changes) => {
        for (const added of changes.flatMap((change) => [...change.addedNodes])) {
          said.push(added.textContent ?? "");
        }
      }).observe(region, { childList: true, subtree: true, characterData: true });
    }
  });
  return () => page.evaluate(() => (window as unknown as { said: string[] }).said);
}
