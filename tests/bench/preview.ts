import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContext, chromium, type Frame, type Page } from "playwright";
import { remember } from "../../server/config.ts";
import { saveDraft } from "../../server/content/drafts.ts";
import { db, disconnect } from "../../server/db/client.ts";
import { chromiumOptions } from "../chromium.ts";
import { startSite } from "../site.ts";

export const name = "preview";

const LECTURE = "lectures/11-ebpf-1-machine";
const TEXT_BYTES = 40_000;
const ROUNDS = 21;

/**
 * An author types a word into the middle of a lecture of 40 KB: from the key, in the editor, to the
 * frame in which the student's page beside it is drawn with that word.
 */
export async function bench(): Promise<Record<string, number>> {
  const site = await startSite();
  const browser = await chromium.launch(chromiumOptions());
  try {
    remember({ databaseUrl: site.databaseUrl });
    const context = await browser.newContext({ baseURL: site.url });
    const times = await typeWords(context, await begunDraft());
    return {
      preview_edit_shown_ms_median: Math.round(times[ROUNDS >> 1] ?? Number.NaN),
      preview_edit_shown_ms_max: Math.round(times.at(-1) ?? Number.NaN),
    };
  } finally {
    await browser.close();
    await disconnect();
    await site.stop();
  }
}

/** Stores the text as what Henrik has typed; the address of its editor, and the line to type at. */
async function begunDraft(): Promise<string> {
  const { id: documentId, course } = await db().contentDocument.findFirstOrThrow({
    where: { path: LECTURE },
    select: { id: true, course: { select: { slug: true } } },
  });
  const { id: userId } = await db().user.findFirstOrThrow({
    where: { username: "henrik.lindholm" },
  });
  const text = lectureOf40KB();
  const files = new Map([["lecture.mdx", { kind: "text", text } as const]]);
  await saveDraft(db(), { documentId, userId, revision: 0, base: 1, files });
  const middle = text.indexOf("\n## ", text.length / 2);
  const line = text.slice(0, middle).split("\n").length;
  return `/author/${course.slug}/${documentId}?file=lecture.mdx&line=${line}`;
}

/** As many whole sections as go into it, and words up to the last byte. */
function lectureOf40KB(): string {
  const file = join(import.meta.dirname, "../../content", LECTURE, "lecture.mdx");
  const text = readFileSync(file, "utf8").slice(0, TEXT_BYTES);
  const sections = text.slice(0, text.lastIndexOf("\n## "));
  const more = "\nWords that fill a paragraph of the text.\n";
  return sections + more.repeat((TEXT_BYTES - Buffer.byteLength(sections)) / more.length);
}

/** Sorted. */
async function typeWords(context: BrowserContext, editor: string): Promise<number[]> {
  const page = await context.newPage();
  await page.goto("/signin");
  await page.getByRole("button", { name: "Enter as Henrik" }).click();
  await page.waitForURL("/");
  await page.goto(editor);
  await page.locator(".monaco-editor .view-lines").first().waitFor();
  await page.getByRole("button", { name: "Preview beside the text" }).click();
  const student = page.frameLocator("iframe");
  await student.locator("[data-notebook='alive']").waitFor({ state: "attached" });
  const frame = page.frames().find((one) => one.url().endsWith("/preview"));
  if (frame === undefined) throw new Error("the preview has no frame");
  await page.getByRole("textbox", { name: "Text of lecture.mdx" }).first().focus();
  await page.keyboard.press("End");
  await page.keyboard.insertText("\n\nTyped");
  await student.getByText("Typed", { exact: true }).waitFor({ state: "attached" });
  await countKeys(page);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await shownAfter(page, frame, round));
  return times.sort((a, b) => a - b);
}

/** Keeps when a key arrived last; both pages count from the same clock. */
async function countKeys(page: Page): Promise<void> {
  await page.evaluate(() => {
    const note = () => {
      document.documentElement.dataset["keyAt"] = String(
        performance.timeOrigin + performance.now(),
      );
    };
    document.addEventListener("keydown", note, { capture: true });
  });
}

/** ms from one more character in the editor until the page beside it has been drawn with it. */
async function shownAfter(page: Page, frame: Frame, round: number): Promise<number> {
  const awaited = `Typed${"x".repeat(round + 1)}`;
  const shown = frame.evaluate(
    (words) =>
      new Promise<number>((done) => {
        const observer = new MutationObserver(() => {
          if (!document.body.textContent.includes(words)) return;
          observer.disconnect();
          // The frame in which it is drawn has begun, and the next task comes after it.
          requestAnimationFrame(() =>
            setTimeout(() => done(performance.timeOrigin + performance.now())),
          );
        });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      }),
    awaited,
  );
  await page.keyboard.press("x");
  const at = await shown;
  // As after a pause in typing.
  await page.getByText(/Draft saved/).waitFor();
  return at - Number(await page.locator("html").getAttribute("data-key-at"));
}
