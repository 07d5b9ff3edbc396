import { expect, test } from "playwright/test";
import { axeFindings } from "./axe.ts";
import {
  attempts,
  awake,
  courseFile,
  graded,
  lastLine,
  onlyOnce,
  openExercise,
  pathOf,
  replaceText,
  rewrite,
  submit,
  textOf,
} from "./exercise-page.ts";

import { signInAs } from "./sign-in.ts";

const SMALL = "inside-the-verifier";
const STARTER = courseFile(SMALL, "starter.ts");

test.describe("a student", () => {
  for (const [exercise, points] of [
    ["three-small-programs", 5],
    ["make-it-pass", 9],
    ["inside-the-verifier", 9],
    ["loops-and-calls", 5],
  ] as const) {
    test(`solves ${exercise}: visible tests here, hidden ones on the server`, async ({ page }) => {
      await signInAs(page, "Mira", pathOf(exercise));
      await awake(page);
      await rewrite(page, onlyOnce(courseFile(exercise, "solution.ts")));
      await page.getByRole("button", { name: "Run visible tests" }).click();
      await expect(page.getByText(/^(\d+) of \1 pass, in your browser$/)).toBeVisible({
        timeout: 30_000,
      });
      await submit(page);
      await expect(page.getByText("received")).toBeVisible();
      expect(await graded(page)).toContain(`${points} of ${points} points`);
      await expect(page.getByText(/^Receipt: received .* SHA-256 [0-9a-f]{64}$/)).toBeVisible();
      const link = page.getByRole("table", { name: "Attempts" }).getByRole("link").first();
      await link.click();
      await expect(page).toHaveURL(/\/submissions\/[0-9a-f-]{36}$/);
      await expect(page.getByRole("heading", { level: 1 })).toContainText("attempt");
      await expect(page.getByText(/^Receipt: received/)).toBeVisible();
      await expect(page.getByRole("group", { name: "The submitted text" })).toContainText("export");
    });
  }

  test("reads why a test has failed, and a hint that costs nothing", async ({ page }) => {
    await signInAs(page, "Mira", pathOf(SMALL));
    await awake(page);
    await rewrite(page, onlyOnce(STARTER));
    await submit(page);
    expect(await graded(page)).toMatch(/^Attempt \d+ [0-8] of 9 points/);
    const tests = page.getByRole("list", { name: /hidden tests$/ });
    const failed = tests.getByRole("listitem").filter({ hasText: "0 / " }).first();
    await failed.getByText("Hint", { exact: true }).click();
    await expect(failed.locator("details p")).toBeVisible();
  });

  test("who hands the same text in again sees its result and spends nothing", async ({ page }) => {
    await signInAs(page, "Mira", pathOf(SMALL));
    await awake(page);
    await rewrite(page, onlyOnce(STARTER));
    await submit(page);
    const first = await graded(page);
    const before = await attempts(page);
    await submit(page);
    await expect(page.getByText(/^The same text was handed in as attempt/)).toBeVisible();
    expect(await graded(page)).toBe(first);
    await page.reload();
    await awake(page);
    expect(await attempts(page)).toBe(before);
  });

  test("who is offline keeps the submission, which is sent once", async ({ page, context }) => {
    await signInAs(page, "Mira", pathOf(SMALL));
    await awake(page);
    await rewrite(page, onlyOnce(STARTER));
    await expect(page.getByText("saved", { exact: true })).toBeVisible();
    const before = await attempts(page);
    await context.setOffline(true);
    await submit(page);
    await expect(page.getByText("Kept on this device, and not sent yet.")).toBeVisible();
    await context.setOffline(false);
    await graded(page);
    await page.reload();
    await awake(page);
    expect(await attempts(page)).toBe(before + 1);
  });

  test("whose session has ended signs in, and the submission is sent", async ({
    page,
    context,
  }) => {
    await signInAs(page, "Bao", pathOf(SMALL));
    await awake(page);
    const text = onlyOnce(STARTER);
    await rewrite(page, text);
    await context.clearCookies();
    await submit(page);
    await expect(page.getByText(/Your session has ended/)).toBeVisible();
    await page.getByRole("link", { name: "Sign in and send" }).click();
    await page.getByRole("button", { name: "Enter as Bao" }).click();
    await expect(page).toHaveURL(pathOf(SMALL));
    await graded(page);
    await expect(textOf(page)).toContainText(lastLine(text));
  });

  test("who comes back to another page has the kept submission sent from there", async ({
    page,
    context,
  }) => {
    await signInAs(page, "Bao", pathOf(SMALL));
    await awake(page);
    await rewrite(page, onlyOnce(STARTER));
    await context.clearCookies();
    await submit(page);
    await expect(page.getByText(/Your session has ended/)).toBeVisible();
    await signInAs(page, "Mira");
    await expect(page.getByText(/waited on this device/)).toBeHidden();
    await context.clearCookies();
    await signInAs(page, "Bao");
    await expect(page.getByText(/waited on this device is handed in now/)).toBeVisible();
    await page.getByRole("link", { name: "To the exercise" }).click();
    await expect(page.getByRole("list", { name: /hidden tests$/ })).toBeVisible();
  });

  test("does not see what another one has handed in", async ({ page, context }) => {
    await signInAs(page, "Mira", pathOf(SMALL));
    await awake(page);
    await rewrite(page, onlyOnce(STARTER));
    await submit(page);
    await graded(page);
    const link = page.getByRole("table", { name: "Attempts" }).getByRole("link").first();
    const path = (await link.getAttribute("href")) ?? "";
    const statuses = async () =>
      Promise.all(
        [path, `${path}/events`].map(async (asked) => (await page.request.get(asked)).status()),
      );
    expect(await statuses()).toEqual([200, 200]);
    await context.clearCookies();
    await signInAs(page, "Bao");
    expect(await statuses()).toEqual([404, 404]);
    await context.clearCookies();
    await signInAs(page, "Elin", path);
    await expect(page.getByText("Handed in by Mira Kovač.")).toBeVisible();
  });
});

test("two tabs share a text, and where both have one neither is lost", async ({
  page,
  context,
}) => {
  await openExercise(page, SMALL);
  const other = await context.newPage();
  await openExercise(other, SMALL);
  await rewrite(page, "export const typed = 'in the first tab';\n");
  await expect(textOf(other)).toContainText("in the first tab");
  await textOf(other).focus();
  await other.keyboard.press("Enter");
  await expect(other.locator("[data-exercise] .monaco-editor")).toBeVisible();
  await rewrite(page, "export const typed = 'again in the first';\n");
  await replaceText(other, "export const typed = 'in the second';\n");
  const both = other.getByRole("region", { name: "Two texts of this exercise" });
  await expect(both).toContainText("again in the first");
  await expect(both).toContainText("in the second");
  await both.getByRole("button", { name: "Take the other" }).click();
  await expect(both).toBeHidden();
  await other.reload();
  await awake(other);
  await expect(textOf(other)).toContainText("again in the first");
});

test("without an account tests run, and the text is there after signing in", async ({ page }) => {
  await openExercise(page, "loops-and-calls");
  const text = onlyOnce(courseFile("loops-and-calls", "starter.ts"));
  await rewrite(page, text);
  await page.getByRole("button", { name: "Run visible tests" }).click();
  await expect(page.getByText(/\d of \d pass, in your browser/)).toBeVisible({ timeout: 30_000 });
  await page.getByRole("link", { name: "Sign in to submit" }).click();
  await page.getByRole("button", { name: "Enter as Bao" }).click();
  await awake(page);
  await expect(textOf(page)).toContainText(lastLine(text));
  await expect(page.getByRole("button", { name: /^Submit attempt/ })).toBeVisible();
});

test("an exercise works where it stands in its lecture", async ({ page }) => {
  await page.goto("/lectures/11-ebpf-1-machine#exercise-make-it-pass");
  const exercise = page.getByRole("region", { name: "11.2 Make it pass" });
  await expect(exercise.locator("[data-exercise='alive']")).toBeVisible();
  await exercise.getByRole("button", { name: "Run visible tests" }).click();
  await expect(exercise.getByText(/^0 of \d pass, in your browser$/)).toBeVisible({
    timeout: 30_000,
  });
});

test("an endless loop in a visible test is stopped by the reader", async ({ page }) => {
  await openExercise(page, SMALL);
  await rewrite(page, "console.log('begun');\nfor (;;) {}\n");
  await page.getByRole("button", { name: "Run visible tests" }).click();
  await page.getByRole("button", { name: "Stop the tests" }).click();
  await expect(page.getByText("Stopped; the other tests have not run.")).toBeVisible();
});

test.describe("on a phone", () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 360, height: 740 } });

  test("five megabytes are refused in words, and stay in the editor", async ({ page }) => {
    await signInAs(page, "Mira", pathOf(SMALL));
    await awake(page);
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    const field = page.getByRole("textbox", { name: /^Your text of exercise/ });
    const long = `// ${"x".repeat(5_000_000)}`;
    await field.fill(long);
    await submit(page);
    await expect(page.getByText(/It has 4.883 KiB, and at most 256 KiB are taken/)).toBeVisible();
    expect(await field.inputValue()).toHaveLength(long.length);
    await field.fill(STARTER);
  });

  test("nothing is wider than the screen", async ({ page }) => {
    await signInAs(page, "Mira", pathOf("make-it-pass"));
    await awake(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(360);
  });
});

test("axe finds nothing on an exercise with a result", async ({ page }) => {
  await signInAs(page, "Mira", pathOf(SMALL));
  await awake(page);
  await rewrite(page, onlyOnce(STARTER));
  await page.getByRole("button", { name: "Run visible tests" }).click();
  await expect(page.getByText(/\d of \d pass, in your browser/)).toBeVisible({ timeout: 30_000 });
  await submit(page);
  await graded(page);
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole("table", { name: "Attempts" }).getByRole("link").first().click();
  await expect(page).toHaveURL(/\/submissions\//);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(await axeFindings(page)).toEqual([]);
});
