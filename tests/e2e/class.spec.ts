import { readFileSync } from "node:fs";
import { expect, type Locator, type Page } from "playwright/test";
import { db } from "../../server/db/client.ts";
import { ADD_UP_SOLUTION } from "../grading.ts";
import { axeFindings } from "./axe.ts";
import { test } from "./class-site.ts";
import { signInAs } from "./sign-in.ts";

const BOOK = "/class/demo";
const HALF = "export const sum = (a, b) => a + b;\nexport const reverse = (bytes) => bytes;\n";
/** Takes so long that others wait meanwhile. */
const SLOW = "export function count(n) { let i = 0; while (i < n) i += 1; return i; }";

// One class, whose story goes on from test to test.
test.describe.configure({ mode: "serial" });
test.use({ classOf: "class" });

test.beforeAll(async ({ site }) => {
  await site.submit("mira.kovac", "add-up", HALF);
  await site.submit("mira.kovac", "add-up", ADD_UP_SOLUTION);
  await site.submit("bao.nguyen", "add-up", HALF);
  await allGraded();
});

test("who teaches sees the best scores, and any submission’s code and results", async ({
  page,
}) => {
  await signInAs(page, "Henrik", BOOK);
  await expect(addUp(page, "Mira Kovač")).toHaveAccessibleName("3 of 3, 2 attempts");
  await expect(addUp(page, "Bao Nguyen")).toHaveAccessibleName("2 of 3, 1 attempt");
  await expect(rowOf(page, "Mean").getByRole("gridcell").first()).toHaveText("2.5");
  await addUp(page, "Mira Kovač").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Mira Kovač: 1.1 Add up/);
  await expect(page.getByRole("region", { name: "Code", exact: true })).toContainText(
    "bytes.slice().reverse()",
  );
  await page.getByRole("link", { name: /Attempt 1/ }).click();
  await expect(page).toHaveURL(/attempt=1/);
  const result = page.getByRole("region", { name: "Result" });
  await expect(result).toContainText("2 of 3, graded");
  await expect(result.getByRole("listitem")).toHaveCount(3);
  await expect(result.getByRole("listitem").filter({ hasText: "failed" })).toHaveCount(1);
  await expect(page.getByRole("region", { name: "Code", exact: true })).toContainText("=> bytes;");
});

test("words in the address filter and sort, and chips take them away", async ({ page }) => {
  await signInAs(page, "Elin", BOOK);
  await page.getByRole("searchbox", { name: "Filter" }).fill("exercise:1.1 is:untried");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/filter=exercise%3A1.1\+is%3Auntried/);
  await expect(page.getByRole("rowheader", { name: "Mira Kovač" })).toHaveCount(0);
  await expect(page.getByRole("rowheader", { name: "Yuki Itō" })).toBeVisible();
  await page.getByRole("link", { name: "Remove: Not tried" }).click();
  await expect(page.getByRole("rowheader", { name: "Mira Kovač" })).toBeVisible();
  await page.getByRole("link", { name: "Sort by 1.1" }).click();
  await expect(page).toHaveURL(/sort=-1.1/);
  await expect(page.getByRole("rowheader").first()).toHaveText("Mira Kovač");
  await expect(page.getByRole("rowheader").nth(1)).toHaveText("Bao Nguyen");
  await page.getByText("Add filter").click();
  await page.getByRole("link", { name: "Below full marks" }).click();
  await expect(page.getByRole("rowheader").first()).toHaveText("Bao Nguyen");
});

test("the CSV holds what the filter leaves", async ({ page }) => {
  await signInAs(page, "Henrik", `${BOOK}?filter=exercise%3A1.1+kov`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("gradebook-demo.csv");
  expect(readFileSync(await download.path(), "utf8")).toBe(
    "\ufeffname,username,email,points,of,E1.1,E1.1 attempts,E1.1 last\r\n" +
      "Mira Kovač,mira.kovac,mira.kovac@demo.invalid,3,3,3,2,graded\r\n",
  );
});

test("one submission, then all of an exercise, then the whole run are graded again", async ({
  page,
}) => {
  await signInAs(page, "Henrik", BOOK);
  // As if an earlier version of the simulator had graded them wrongly.
  await db().submissionResult.updateMany({ data: { score: 0 } });
  await page.reload();
  await addUp(page, "Bao Nguyen").click();
  await page.getByRole("button", { name: "Grade again" }).click();
  await expect(bar(page)).toContainText("1 of 1 graded again, 1 changed");
  await expect(page.getByRole("region", { name: "Result" })).toContainText("2 of 3, graded");
  await page.goto(`${BOOK}?exercise=1.1`);
  await expect(page.getByRole("complementary", { name: /Add up/ })).toContainText("2 students");
  await page.getByRole("button", { name: "Grade 1.1 again" }).click();
  await expect(bar(page)).toContainText("1.1: 3 of 3 graded again, 2 changed");
  await page.getByRole("link", { name: "What changed" }).click();
  await expect(page.getByRole("row", { name: /Mira Kovač 1.1 Attempt 2 0 3/ })).toBeVisible();
  await page.goto(BOOK);
  await page.getByRole("button", { name: "Grade the whole run again" }).click();
  await expect(bar(page)).toContainText("3 of 3 graded again, 0 changed");
  await expect(addUp(page, "Mira Kovač")).toHaveAccessibleName("3 of 3, 2 attempts");
});

test("what waits to be graded again can be taken back", async ({ page, site }) => {
  const students = ["tolu.adeyemi", "ilya.baranov", "lena.osei", "clara.weiss", "pavel.riha"];
  for (const student of students) await site.submit(student, "slow-sum", SLOW);
  await allGraded();
  await signInAs(page, "Elin", `${BOOK}?exercise=1.2`);
  await page.getByRole("button", { name: "Grade 1.2 again" }).click();
  await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(bar(page)).toContainText(
    /1.2: [1-4] of 5 graded again, 0 changed, [1-4] taken back/,
  );
});

test("students, others’ staff and strangers are refused", async ({ page, browser, site }) => {
  const asked = [BOOK, `${BOOK}/gradebook.csv`, "/class", `${BOOK}/regrades/any`];
  await signInAs(page, "Mira");
  for (const path of asked) expect((await page.goto(path))?.status(), path).toBe(403);
  const henrik = await fresh();
  await signInAs(henrik, "Henrik");
  for (const path of ["/class/elsewhere", "/class/elsewhere/gradebook.csv", "/class/none"]) {
    expect((await henrik.goto(path))?.status(), path).toBe(403);
  }
  const stranger = await fresh();
  await stranger.goto(`${BOOK}?filter=is%3Auntried`);
  await expect(stranger).toHaveURL(/\/signin\?from=/);
  expect((await stranger.goto(`${BOOK}/gradebook.csv`))?.status()).toBe(403);

  async function fresh(): Promise<Page> {
    return (await browser.newContext({ baseURL: site.url })).newPage();
  }
});

test("by keys alone: the book is one stop, arrows move, Enter opens, Ctrl+Z takes back", async ({
  page,
}) => {
  await signInAs(page, "Henrik", `${BOOK}?filter=exercise%3A1.1`);
  await expect(page.getByRole("grid")).toBeVisible();
  await tabTo(page, page.getByRole("grid").locator("[tabindex='0']"));
  // Arrows stop at the edges.
  await page.keyboard.press("Control+Home");
  await expect(page.getByRole("columnheader", { name: "Student" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  const mira = await page
    .getByRole("row")
    .evaluateAll((rows) => rows.findIndex((row) => row.textContent.startsWith("Mira")));
  for (let row = 1; row < mira; row++) await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("gridcell", { name: "3 of 3, 2 attempts" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("grid").locator(":focus")).toHaveCount(0);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/exercises\/add-up/);
  await tabTo(page, page.getByRole("button", { name: "Grade again" }));
  await page.keyboard.press("Enter");
  await expect(bar(page)).toContainText("1 of 1 graded again");
  await page.goBack();
  await tabTo(page, page.getByRole("gridcell", { name: "3 of 3, 2 attempts" }));
  await page.keyboard.press("s");
  await expect(page).toHaveURL(/sort=-1.1/);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("book, attempts, filter and regrade work", async ({ page }) => {
    await signInAs(page, "Henrik", BOOK);
    await page.getByRole("searchbox", { name: "Filter" }).fill("mira exercise:1.1");
    await page.getByRole("button", { name: "Filter" }).click();
    await addUp(page, "Mira Kovač").click();
    await expect(page.getByText("UTC").first()).toBeVisible();
    await page.getByRole("button", { name: "Grade again" }).click();
    await expect(bar(page)).toContainText("graded again");
  });
});

for (const width of [1440, 360]) {
  test(`axe finds nothing at ${width} px, and the page does not scroll sideways`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 800 });
    await signInAs(page, "Henrik", `${BOOK}?exercise=1.1&filter=is%3Abelow-full+nothing%3Aknown`);
    await isAccessible(page);
    await page.goto(BOOK);
    await addUp(page, "Mira Kovač").click();
    await isAccessible(page);
  });
}

async function isAccessible(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(await axeFindings(page)).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
}

function rowOf(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name }) });
}

/** The cell of the student at the first exercise. */
function addUp(page: Page, student: string): Locator {
  return rowOf(page, student).getByRole("link").first();
}

/** What is said of the newest regrade. */
function bar(page: Page): Locator {
  return page.locator("[data-regrade]");
}

async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stops = 0; stops < 40; stops++) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error("Tab does not come there");
}

async function allGraded(): Promise<void> {
  await expect
    .poll(() => db().submission.count({ where: { results: { none: {} } } }), { timeout: 40_000 })
    .toBe(0);
}
