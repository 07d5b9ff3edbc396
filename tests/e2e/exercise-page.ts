import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Locator, type Page } from "playwright/test";

const FOLDER = join(import.meta.dirname, "../../content/lectures/11-ebpf-1-machine/exercises");

/** A file of an exercise of the sample course. */
export function courseFile(exercise: string, name: "starter.ts" | "solution.ts"): string {
  return readFileSync(join(FOLDER, exercise, name), "utf8");
}

/** A text that nobody has handed in before; it does what `source` does. */
export function onlyOnce(source: string): string {
  return `${source}// ${crypto.randomUUID()}\n`;
}

export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

export function pathOf(exercise: string): string {
  return `/exercises/${exercise}`;
}

/** Waits until the exercise on the page is alive. */
export async function awake(page: Page): Promise<void> {
  await expect(page.locator("[data-exercise='alive']").first()).toBeVisible();
}

export async function openExercise(page: Page, exercise: string): Promise<void> {
  await page.goto(pathOf(exercise));
  await awake(page);
}

/** The text of the exercise when no editor is open. */
export function textOf(page: Page): Locator {
  return page.locator("[data-code]");
}

/** Opens the editor, puts `text` in the place of everything, and closes it. */
export async function rewrite(page: Page, text: string): Promise<void> {
  await textOf(page).focus();
  await page.keyboard.press("Enter");
  await replaceText(page, text);
  await page.keyboard.press("Escape");
  await expect(textOf(page)).toBeFocused();
}

/** Pastes over everything in the editor that is open; typed text would be indented. */
export async function replaceText(page: Page, text: string): Promise<void> {
  // Until Monaco has come a plain field holds the focus; a paste into that one would be lost.
  await expect(page.locator("[data-exercise] .monaco-editor :focus")).toBeAttached();
  await page.keyboard.press("ControlOrMeta+a");
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(paste);
  }, text);
}

export async function submit(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Submit attempt/ }).click();
}

/** Waits for the result of the submission under way and answers what stands over it. */
export async function graded(page: Page): Promise<string> {
  await expect(page.locator("[data-station='graded']")).toBeVisible({ timeout: 30_000 });
  const head = page.getByText(/^Attempt \d+ \d+ of \d+ points?/);
  await expect(head).toBeVisible();
  return (await head.textContent()) ?? "";
}

/** How many attempts the page lists. */
export async function attempts(page: Page): Promise<number> {
  return page.getByRole("table", { name: "Attempts" }).getByRole("link").count();
}
