import { type Browser, expect, type Page, test } from "playwright/test";
import {
  awake,
  courseFile,
  graded,
  onlyOnce,
  openExercise,
  pathOf,
  rewrite,
  submit,
} from "./exercise-page.ts";
import { openLecture } from "./notebook-page.ts";
import { signInAs } from "./sign-in.ts";

const LECTURE = "/lectures/11-ebpf-1-machine";
const EXERCISE = "loops-and-calls";

// What has been handed in goes on from test to test.
test.describe.configure({ mode: "serial" });

/** What a browser has to complain about: above all that what it draws is not what the server has drawn. */
function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return complaints;
}

test("a lecture that many get shows its student what they have handed in", async ({ page }) => {
  await signInAs(page, "Bao", pathOf(EXERCISE));
  await awake(page);
  await rewrite(page, onlyOnce(courseFile(EXERCISE, "solution.ts")));
  await submit(page);
  await graded(page);
  const complaints = complaintsOf(page);
  await page.goto(`${LECTURE}#exercise-${EXERCISE}`);
  const exercise = page.locator(`#exercise-${EXERCISE}`);
  await expect(exercise.getByRole("table", { name: "Attempts" })).toBeVisible();
  await expect(exercise.getByRole("button", { name: /^Submit attempt \d+$/ })).toBeVisible();
  await page.getByRole("button", { name: "your account" }).click();
  await expect(page.getByRole("link", { name: "Your progress" })).toBeVisible();
  expect(complaints).toEqual([]);
});

test("nobody else sees it there", async ({ page }) => {
  await signInAs(page, "Mira");
  // Anew: the page that one signs in on names them all.
  await openLecture(page, LECTURE);
  const html = await page.content();
  expect(html).toContain("Mira");
  expect(html).not.toContain("Bao");
});

test("without a script one is led to the page that has it", async ({ browser, page }) => {
  await signInAs(page, "Bao");
  const still = await withoutScripts(browser, page);
  await still.goto(LECTURE);
  await expect(still).toHaveURL(`${LECTURE}?whole`);
  const exercise = still.locator(`#exercise-${EXERCISE}`);
  await expect(exercise.getByRole("table", { name: "Attempts" })).toBeVisible();
  await still.context().close();
});

test("every kind of reader's page comes alive as it was drawn", async ({ page }) => {
  const complaints = complaintsOf(page);
  await openLecture(page, LECTURE);
  for (const name of ["Bao", "Henrik"] as const) {
    await page.context().clearCookies();
    await signInAs(page, name, LECTURE);
    await openLecture(page, LECTURE);
  }
  await openExercise(page, EXERCISE);
  expect(complaints).toEqual([]);
});

/** A page of the same person, in a browser that runs no scripts. */
async function withoutScripts(browser: Browser, page: Page): Promise<Page> {
  const storageState = await page.context().storageState();
  const baseURL = new URL(page.url()).origin;
  const context = await browser.newContext({ javaScriptEnabled: false, storageState, baseURL });
  return context.newPage();
}
