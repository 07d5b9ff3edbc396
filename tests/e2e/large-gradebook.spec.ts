import { expect, type Locator, type Page } from "playwright/test";
import { db } from "../../server/db/client.ts";
import { makeLargeClass } from "../large-class.ts";
import { axeFindings } from "./axe.ts";
import { test } from "./class-site.ts";
import { signInAs } from "./sign-in.ts";

const STUDENTS = 2000;
const BOOK = "/class/large";
const READING_MS = 30_000;

// Each test reads the whole class anew.
test.describe.configure({ timeout: 120_000 });

test.beforeAll(async ({ site }) => {
  test.setTimeout(180_000);
  expect(site.url).toBeTruthy();
  const { runId } = await makeLargeClass(STUDENTS, 72);
  const { id: userId } = await db().user.findUniqueOrThrow({
    where: { username: "henrik.lindholm" },
  });
  await db().enrolment.create({ data: { runId, userId, role: "instructor" } });
});

/** The table, once all rows are there: a hundred thousand submissions are read, perhaps for the first time. */
async function wholeGrid(page: Page, count: string | RegExp = String(STUDENTS + 3)) {
  const grid = page.getByRole("grid", { name: "Gradebook" });
  await expect(grid).toHaveAttribute("aria-rowcount", count, { timeout: READING_MS });
  return grid;
}

function rowOf(page: Page, student: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: student }) });
}

/** One key in each turn of the page's event loop, without waiting for a frame: as from a key held down. */
async function pressAtOnce(page: Page, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => page.keyboard.press(key)));
}

test("all students are in one table that scrolls, of which only what is near is drawn", async ({
  page,
}) => {
  await signInAs(page, "Henrik", BOOK);
  const grid = await wholeGrid(page);
  await expect(page.getByRole("navigation", { name: "Pages of students" })).toHaveCount(0);
  const drawn = () => grid.locator("tr[data-row]").count();
  expect(await drawn()).toBeLessThan(100);
  const scroller = grid.locator("xpath=..");
  await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
  await expect(page.getByRole("rowheader", { name: "Student 1000" })).toBeVisible();
  expect(await drawn()).toBeLessThan(100);
  // Names, exercises and means stay in sight.
  await scroller.evaluate((element) => element.scrollTo(3000, element.scrollTop));
  await expect(page.getByRole("rowheader", { name: "Student 1000" })).toBeInViewport();
  await expect(page.getByRole("columnheader", { name: "Student" })).toBeInViewport();
  await expect(page.getByRole("rowheader", { name: "Mean" })).toBeInViewport();
  expect(await axeFindings(page, "main")).toEqual([]);
});

test("all students are printed with all exercises, so many on a sheet", async ({ page }) => {
  await signInAs(page, "Henrik", `${BOOK}?filter=${encodeURIComponent("Student 1")}`);
  await wholeGrid(page, /^1\d\d\d$/);
  const say = (moment: string) => page.evaluate((name) => dispatchEvent(new Event(name)), moment);
  const sheets = page.locator("[data-printed] table");
  await say("beforeprint");
  // A browser takes the page as it is now.
  expect(await sheets.count()).toBe(72 / 9);
  expect(await sheets.last().locator("tr[data-row]").count()).toBeGreaterThanOrEqual(1000);
  await expect(sheets.last().locator("tr[data-row]").last().locator("th, td")).toHaveCount(
    1 + 9 + 2,
  );
  await say("afterprint");
  await expect(sheets).toHaveCount(0);
});

test("by keys alone one comes to the last student and back, opens, returns, and sorts", async ({
  page,
}) => {
  await signInAs(page, "Henrik", BOOK);
  const grid = await wholeGrid(page);
  await grid.locator("[tabindex='0']").focus();
  await page.keyboard.press("Control+End");
  await expect(rowOf(page, "Student 1999").locator(":focus")).toBeInViewport();
  await page.keyboard.press("Control+Home");
  await expect(page.getByRole("columnheader", { name: "Student" })).toBeFocused();
  // Faster than the rows that come into sight can be drawn.
  await pressAtOnce(page, [...Array(13).fill("PageDown"), ...Array(10).fill("PageUp")]);
  await page.keyboard.press("ArrowRight");
  const thirtieth = rowOf(page, "Student 0029");
  await expect(thirtieth.locator(":focus")).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/exercises\/exercise-0\/s29/);
  await page.goBack();
  await wholeGrid(page);
  await expect(thirtieth.locator("[tabindex='0']")).toBeInViewport();
  await thirtieth.locator("[tabindex='0']").focus();
  await page.keyboard.press("s");
  await expect(page).toHaveURL(/sort=-1\.\d/, { timeout: READING_MS });
});

test("keys that come before all students are there go on where they have led", async ({ page }) => {
  const letRows = Promise.withResolvers<void>();
  await page.route("**/gradebook.json*", async (route) => {
    await letRows.promise;
    await route.continue();
  });
  await signInAs(page, "Henrik", BOOK);
  const grid = page.getByRole("grid", { name: "Gradebook" });
  await grid.locator("[tabindex='0']").focus({ timeout: READING_MS });
  await page.keyboard.press("ArrowDown");
  await expect(rowOf(page, "Student 0001").locator(":focus")).toHaveCount(1);
  letRows.resolve();
  await wholeGrid(page);
  await expect(rowOf(page, "Student 0001").locator(":focus")).toHaveCount(1);
  // Out of sight by the wheel, the cell still has the keys.
  const scroller = grid.locator("xpath=..");
  await scroller.evaluate((element) => element.scrollTo(2000, element.scrollHeight / 2));
  await expect(page.getByRole("rowheader", { name: "Student 1000" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(rowOf(page, "Student 0002").locator(":focus")).toBeInViewport();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("there is a page of a hundred, and the way to the next", async ({ page }) => {
    await signInAs(page, "Henrik", BOOK);
    await expect(page.getByRole("rowheader", { name: /^Student \d/ })).toHaveCount(100);
    await page.getByRole("link", { name: "Next 100" }).click();
    await expect(page.getByRole("rowheader", { name: "Student 0100" })).toBeVisible();
  });
});
