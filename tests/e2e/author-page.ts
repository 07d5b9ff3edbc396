/** An author at the editor: the text in Monaco, and the student's page beside it. */
import { expect, type FrameLocator, type Locator, type Page } from "playwright/test";

/** Monaco with the text of the file that is open. */
export async function theEditor(page: Page): Promise<Locator> {
  const editor = page.locator(".monaco-editor").first();
  await expect(editor).toBeVisible();
  return editor;
}

/** Puts the cursor behind the last character of the text. */
export async function goToEnd(page: Page): Promise<void> {
  const editor = await theEditor(page);
  await editor.locator(".view-lines").click();
  await page.keyboard.press("Control+End");
}

/** Pastes over the whole text; typed text would be indented. */
export async function rewriteFile(page: Page, text: string): Promise<void> {
  await goToEnd(page);
  await page.keyboard.press("Control+a");
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(paste);
  }, text);
}

export async function append(page: Page, text: string): Promise<void> {
  await goToEnd(page);
  await page.keyboard.insertText(text);
}

export async function draftIsSaved(page: Page): Promise<void> {
  await expect(page.getByText(/Draft saved/)).toBeVisible();
}

/** Saves a version, after which the next one could be saved. */
export async function saveVersion(page: Page, message: string, number: number): Promise<void> {
  await page.getByLabel("What has changed").fill(message);
  await page.getByRole("button", { name: `Save version ${number}` }).click();
  await expect(page.getByRole("button", { name: `Save version ${number + 1}` })).toBeVisible();
}

/** Shows the student's page beside the text, and waits until its cells are alive. */
export async function openPreview(page: Page): Promise<FrameLocator> {
  await page.getByRole("button", { name: "Preview beside the text" }).click();
  const student = page.frameLocator("iframe[title^='Preview']");
  await expect(student.locator("[data-notebook='alive']")).toBeAttached({ timeout: 30_000 });
  return student;
}
