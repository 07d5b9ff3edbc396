import { AxeBuilder } from "@axe-core/playwright";
import { expect } from "playwright/test";
import { db } from "../../server/db/client.ts";
import { makeLargeClass } from "../large-class.ts";
import { test } from "./class-site.ts";
import { signInAs } from "./sign-in.ts";

const STUDENTS = 2000;
const BOOK = "/class/large";

test.beforeAll(async ({ site }) => {
  test.setTimeout(180_000);
  expect(site.url).toBeTruthy();
  const { runId } = await makeLargeClass(STUDENTS, 72);
  const { id: userId } = await db().user.findUniqueOrThrow({
    where: { username: "henrik.lindholm" },
  });
  await db().enrolment.create({ data: { runId, userId, role: "instructor" } });
});

test("all students are in one table that scrolls, of which only what is near is drawn", async ({
  page,
}) => {
  await signInAs(page, "Henrik", BOOK);
  const grid = page.getByRole("grid", { name: "Gradebook" });
  // A hundred thousand submissions are read for the first time.
  await expect(grid).toHaveAttribute("aria-rowcount", String(STUDENTS + 3), { timeout: 30_000 });
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
  const { violations } = await new AxeBuilder({ page }).include("main").analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
});

test("all students are printed with all exercises, so many on a sheet", async ({ page }) => {
  await signInAs(page, "Henrik", `${BOOK}?filter=${encodeURIComponent("Student 1")}`);
  const grid = page.getByRole("grid", { name: "Gradebook" });
  await expect(grid).toHaveAttribute("aria-rowcount", /^1\d\d\d$/);
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
  const grid = page.getByRole("grid", { name: "Gradebook" });
  await expect(grid).toHaveAttribute("aria-rowcount", String(STUDENTS + 3));
  await grid.locator("[tabindex='0']").focus();
  await page.keyboard.press("Control+End");
  const last = page.getByRole("row").filter({
    has: page.getByRole("rowheader", { name: "Student 1999" }),
  });
  await expect(last.locator(":focus")).toBeInViewport();
  await page.keyboard.press("Control+Home");
  await expect(page.getByRole("columnheader", { name: "Student" })).toBeFocused();
  for (const key of ["PageDown", "PageDown", "PageDown", "ArrowRight"]) {
    await page.keyboard.press(key);
    // The rows that come into sight are drawn first.
    await expect(grid.locator(":focus")).toBeInViewport();
  }
  const thirtieth = page.getByRole("row").filter({
    has: page.getByRole("rowheader", { name: "Student 0029" }),
  });
  await expect(thirtieth.locator(":focus")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/exercises\/exercise-0\/s29/);
  await page.goBack();
  await expect(thirtieth.locator("[tabindex='0']")).toHaveCount(1);
  await thirtieth.locator("[tabindex='0']").focus();
  await page.keyboard.press("s");
  await expect(page).toHaveURL(/sort=-1\.\d/);
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
