import { expect, type FrameLocator, type Locator, type Page, test } from "playwright/test";
import { append, openPreview, theEditor } from "./author-page.ts";
import { axeFindings } from "./axe.ts";
import { signInAs } from "./sign-in.ts";

const LECTURE = "A safe machine inside the kernel";

// One draft, typed on from test to test.
test.describe.configure({ mode: "serial", timeout: 120_000 });

test("what is typed is the student's page at once; outputs, and the place one looks at, stay", async ({
  page,
}) => {
  await openEditor(page, LECTURE);
  const student = await openPreview(page);
  // The bar of the site is around it already.
  await expect(student.getByRole("link", { name: "Kernelbook" })).toBeHidden();
  await student.getByRole("button", { name: "Run cell 1", exact: true }).click();
  await expect(ranIn(student)).toHaveCount(1);
  const output = student.getByRole("group", { name: "Output of cell 1", exact: true });
  const before = await output.textContent();
  const place = student.locator("h2").last();
  await place.scrollIntoViewIfNeeded();
  const top = await topOf(place);
  await goToLine(page, "</Lead>");
  await page.keyboard.press("End");
  await page.keyboard.insertText("\n\nA paragraph that was just typed.\n");
  await expect(student.getByText("A paragraph that was just typed.")).toBeAttached();
  // A paragraph and its margins are more.
  await expect.poll(async () => Math.abs((await topOf(place)) - top)).toBeLessThan(10);
  await expect(ranIn(student)).toHaveCount(1);
  expect(await output.textContent()).toBe(before);
  // A fence that is not closed yet takes all cells below it away, and they come back as they were.
  await page.keyboard.insertText("\n```ts cell\n");
  await expect(student.getByText(/problems?$/)).toBeVisible();
  await undoUntilSound(page, student);
  await expect(ranIn(student)).toHaveCount(1);
});

test("what the gate would refuse is underlined where it stands, told beside it, and runs nowhere", async ({
  page,
}) => {
  await openEditor(page, LECTURE);
  const student = await openPreview(page);
  const wrong = '[x](javascript:alert)\n\n<script>document.title = "taken"</script>\n';
  await append(page, `\n\n<Figur id="a" />\n\n${wrong}`);
  await expect(
    student.getByText(/^Line \d+: there is no component <Figur> here: use one of/),
  ).toBeVisible();
  await expect(student.getByText("a link may not lead to javascript:alert")).toBeVisible();
  await expect(student.locator("a[href^='javascript:']")).toHaveCount(0);
  await expect(page).not.toHaveTitle("taken");
  const underlined = page.locator(".squiggly-error");
  await expect(underlined.first()).toBeVisible();
  await page.locator(".view-line", { hasText: "<Figur" }).locator("span span").first().hover();
  await expect(page.locator(".monaco-hover:visible")).toContainText(
    "there is no component <Figur>",
  );
  await undoUntilSound(page, student);
  await expect(underlined).toHaveCount(0);
});

test("an exercise is shown as its student sees it: visible tests run, and nothing is handed in", async ({
  page,
}) => {
  await openEditor(page, "Make it pass");
  await page.getByRole("button", { name: "Preview beside the text" }).click();
  const student = page.frameLocator("iframe[title^='Preview']");
  await student.getByRole("button", { name: "Run visible tests" }).click();
  await expect(student.getByText(/^\d+ of \d+ pass, in your browser$/)).toBeVisible();
  await student.getByRole("button", { name: /^Submit attempt/ }).click();
  await expect(student.getByText("This is a preview: hidden tests do not run.")).toBeVisible();
  await student.getByLabel("Reader").check();
  await expect(student.getByRole("link", { name: "Sign in to submit" })).toBeVisible();
});

test("in print a preview is the sheet, and on a phone one scrolls over it", async ({ page }) => {
  await signInAs(page, "Henrik", "/author/linux");
  const editor = page.getByRole("link", { name: LECTURE, exact: true });
  await page.goto(`${await editor.getAttribute("href")}/preview`);
  const run = page.getByRole("button", { name: "Run cell 1", exact: true });
  await expect(run).toBeVisible({ timeout: 30_000 });
  await page.getByLabel("In print").check();
  await expect(run).toBeHidden();
  await expect(page.getByRole("group", { name: "Code of cell 1", exact: true })).toBeVisible();
  const widthOnDesk = await widthOf(page.getByRole("main"));
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await widthOf(page.getByRole("main"))).toBe(widthOnDesk);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await page.getByRole("main").getByRole("heading").last().scrollIntoViewIfNeeded();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByLabel("Student").check();
  await expect(run).toBeVisible();
});

async function openEditor(page: Page, title: string): Promise<void> {
  await signInAs(page, "Henrik", "/author/linux");
  await page.getByRole("link", { name: title, exact: true }).click();
  await theEditor(page);
}

/** Puts the cursor into the first line that holds these words. */
async function goToLine(page: Page, words: string): Promise<void> {
  await (await theEditor(page)).locator(".view-lines").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Control+f");
  await page.keyboard.insertText(words);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
}

/** Takes back what was typed, which the editor does in several steps. */
async function undoUntilSound(page: Page, student: FrameLocator): Promise<void> {
  await page.getByRole("textbox", { name: "Text of lecture.mdx" }).first().focus();
  await expect(async () => {
    for (let step = 0; step < 5; step++) await page.keyboard.press("Control+z");
    await expect(student.getByText("No problem found")).toBeVisible({ timeout: 1000 });
  }).toPass();
}

function ranIn(student: FrameLocator): Locator {
  return student.getByText(/^Ran in/);
}

async function widthOf(place: Locator): Promise<number | undefined> {
  return (await place.boundingBox())?.width;
}

/** Within the frame. */
function topOf(place: Locator): Promise<number> {
  return place.evaluate((element) => element.getBoundingClientRect().top);
}
