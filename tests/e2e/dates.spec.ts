import { expect, type Locator, type Page } from "playwright/test";
import { TINY_COURSE } from "../tiny-course.ts";
import { axeFindings } from "./axe.ts";
import { test } from "./dated-site.ts";
import { awake, graded, rewrite, submit } from "./exercise-page.ts";
import { signInAs } from "./sign-in.ts";

const DATES = "/class/demo/dates";
const SLUG = "add-up";
const EXERCISE = `/exercises/${SLUG}`;
const SOLUTION = TINY_COURSE["lectures/01-sums/exercises/add-up/solution.ts"] ?? "";
const HOUR = 60 * 60_000;

// One class, whose story goes on from test to test.
test.describe.configure({ mode: "serial" });

test("an instructor sets dates by keys alone, and takes one back", async ({ page }) => {
  await signInAs(page, "Henrik", DATES);
  await cell(page, "All of the run", "Due").focus();
  await page.keyboard.type(ago(HOUR));
  await page.keyboard.press("Enter");
  await expect(said(page)).toContainText("All of the run, Due");
  await expect(cell(page, "1.1 Add up", "Due")).toHaveText(/\d{4} \d\d:\d\d/);
  await expect(cell(page, "All of the run", "Due")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("110");
  await page.keyboard.press("Enter");
  await expect(said(page)).toContainText("is not a percentage from 0 to 100");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("10");
  await page.keyboard.press("Enter");
  await expect(cell(page, "1.1 Add up", "Late, % a day")).toHaveText("10");
  await cell(page, "1.1 Add up", "Attempts").focus();
  await page.keyboard.type("1");
  await page.keyboard.press("Enter");
  await expect(cell(page, "1.1 Add up", "Attempts").locator("b")).toHaveText("1");
  await page.keyboard.press("ControlOrMeta+z");
  await expect(said(page)).toContainText("Taken back");
  await expect(cell(page, "1.1 Add up", "Attempts").locator("b")).toHaveCount(0);
});

test("a student sees the date, hands in late, and loses what was said", async ({ page }) => {
  await signInAs(page, "Mira", EXERCISE);
  await awake(page);
  const facts = page.getByRole("complementary", { name: /About exercise/ });
  await expect(facts).toContainText("UTC)");
  await expect(facts).toContainText("10\u2009% of the points are lost for each day begun");
  await rewrite(page, SOLUTION);
  await submit(page);
  expect(await graded(page)).toContain("2 of 2 points");
  await expect(page.getByText("It came late, and 10")).toContainText("1.8 of 2 count");
  await expect(page.getByRole("row", { name: /late: −10/ })).toContainText("1.8 / 2");
  await page.goto("/");
  await expect(page.getByRole("region", { name: "Due" })).toContainText("1.8 / 2");
});

test.describe("elsewhere", () => {
  test.use({ timezoneId: "Asia/Kolkata" });

  test("a student reads a date in the time of where they are", async ({ page }) => {
    await signInAs(page, "Mira", EXERCISE);
    const facts = page.getByRole("complementary", { name: /About exercise/ });
    const ahead = async () => {
      const said = /(\d\d):(\d\d) \(.* (\d\d):(\d\d) UTC\)/.exec((await facts.textContent()) ?? "");
      const [hour = 0, minute = 0, hourUtc = 0, minuteUtc = 0] = said?.slice(1).map(Number) ?? [];
      return (24 * 60 + 60 * (hour - hourUtc) + minute - minuteUtc) % (24 * 60);
    };
    // Before the page is alive the server's own time stands there.
    await expect.poll(ahead).toBe(5.5 * 60);
  });
});

test("an extension takes two clicks, and the points rise", async ({ page, browser, site }) => {
  await signInAs(page, "Henrik", DATES);
  await page.getByRole("button", { name: "Extend: more time for somebody in 1.1 Add up" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Mira Kovač" }).click();
  await expect(said(page)).toContainText("1 submission counts differently now");
  await expect(page.getByRole("row", { name: /Mira Kovač/ })).toBeVisible();
  const student = await (await browser.newContext({ baseURL: site.url })).newPage();
  await signInAs(student, "Mira", EXERCISE);
  await expect(student.getByText("Due, your own date").first()).toBeVisible();
  await expect(student.getByRole("table", { name: "Attempts" })).toContainText("2 / 2");
  await page.goto("/class/demo");
  await expect(
    page
      .getByRole("row", { name: /Mira Kovač/ })
      .getByRole("link")
      .first(),
  ).toHaveAccessibleName(/^2 of 2/);
});

test("solution and titles of hidden tests come after the close, to those to whom it is closed", async ({
  page,
  browser,
  site,
}) => {
  await signInAs(page, "Henrik", DATES);
  await type(page, "All of the run", "Closes", ago(HOUR / 2));
  await type(page, "All of the run", "Solution after close", "yes");
  await type(page, "All of the run", "Test titles after close", "yes");
  const bao = await fresh();
  await signInAs(bao, "Bao", EXERCISE);
  await expect(bao.getByText("It is closed: nothing is taken any more.").first()).toBeVisible();
  expect(await sent(bao)).toContain("sum(a, b) is a + b");
  await bao.getByText("Model solution").click();
  await expect(bao.getByRole("region", { name: "Model solution" })).toContainText("export");
  // Mira has more time, and a reader no run.
  const mira = await fresh();
  await signInAs(mira, "Mira", EXERCISE);
  expect(await sent(mira)).not.toContain("Model solution");
  expect(await sent(mira)).not.toMatch(/sum\(a, b\) is a \+ b|Add them\./);
  const reader = await fresh();
  await reader.goto(EXERCISE);
  expect(await sent(reader)).not.toContain("Model solution");

  /** All that the server tells of the exercise, shown or not. */
  async function sent(visitor: Page): Promise<string> {
    return (await visitor.request.get(EXERCISE)).text();
  }

  async function fresh(): Promise<Page> {
    return (await browser.newContext({ baseURL: site.url })).newPage();
  }
});

test("before it opens nobody but staff sees what is asked", async ({ page, browser, site }) => {
  await signInAs(page, "Henrik", DATES);
  await type(page, "1.1 Add up", "Opens", "+0");
  await expect(said(page)).toContainText("There is no date yet");
  await page.keyboard.press("Escape");
  await type(page, "1.1 Add up", "Opens", ago(-24 * HOUR));
  for (const name of ["Bao", undefined] as const) {
    const other = await (await browser.newContext({ baseURL: site.url })).newPage();
    if (name !== undefined) await signInAs(other, name);
    await other.goto(EXERCISE);
    await expect(other.getByText("This exercise opens at")).toBeVisible();
    await expect(other.locator("[data-exercise], [data-code], textarea")).toHaveCount(0);
    if (name !== undefined) {
      const asking = await other.request.get(`/class/demo/questions/new?exercise=${SLUG}`);
      expect(asking.status()).toBe(200);
      expect(await asking.text()).not.toContain("export function sum");
    }
    // By its task it is not found, by its name it is.
    for (const path of ["/search/hits", "/search"]) {
      const found = async (query: string) =>
        (await other.request.get(`${path}?q=${encodeURIComponent(query)}`)).text();
      expect(await found("Write sum, which adds")).not.toContain("which adds two numbers");
      expect(await found("Add up")).toContain("#exercise-add-up");
    }
  }
  await page.goto(EXERCISE);
  await awake(page);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a form sets a date for one student, says what is wrong, and takes it back", async ({
    page,
  }) => {
    await signInAs(page, "Henrik", DATES);
    await page.getByRole("combobox", { name: /^Lecture/ }).selectOption("1.1 Add up");
    await page.getByRole("combobox", { name: /^What/ }).selectOption("Attempts");
    await page.getByLabel("For one student alone").fill("Bao");
    await page.getByLabel("Date, number, yes or no").fill("many");
    await page.getByRole("button", { name: "Set it" }).click();
    // By place: what stands in `noscript` is not found by its text.
    await expect(page.locator("#dates-set")).toContainText("“many” is not");
    await expect(page.getByLabel("For one student alone")).toHaveValue("Bao");
    await page.getByLabel("Date, number, yes or no").fill("3");
    await page.getByRole("button", { name: "Set it" }).click();
    await expect(page.locator("#dates-done")).toContainText("It is changed");
    const bao = page.getByRole("row", { name: /^Bao/ });
    await expect(bao.locator('[data-field="attempts"] b')).toHaveText("3");
    await page.getByRole("button", { name: "Take it back" }).click();
    await expect(page.locator("#dates-back")).toContainText("It is taken back");
    await expect(bao).toHaveCount(0);
  });
});

for (const width of [1440, 360]) {
  test(`axe finds nothing at ${width} px, and the page does not scroll sideways`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 800 });
    await signInAs(page, "Henrik", DATES);
    await expect(page.getByRole("grid", { name: "Dates" })).toBeVisible();
    expect(await axeFindings(page)).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });
}

/** As it is typed into the table, so long before now. */
function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString().slice(0, 16).replace("T", " ");
}

function cell(page: Page, row: string, column: string): Locator {
  const fields: Readonly<Record<string, string>> = {
    Opens: "opensAt",
    Due: "dueAt",
    Closes: "closesAt",
    "Late, % a day": "latePercent",
    Attempts: "attempts",
    "Solution after close": "showsSolution",
    "Test titles after close": "keepsTitles",
  };
  return page
    .getByRole("row")
    .filter({ has: page.getByRole("rowheader", { name: row }) })
    .locator(`[data-field="${fields[column]}"]`);
}

async function type(page: Page, row: string, column: string, text: string): Promise<void> {
  await cell(page, row, column).focus();
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await expect(said(page)).toContainText(new RegExp(`${column}: |differently|no date`));
}

/** What was done last. */
function said(page: Page): Locator {
  return page.getByRole("status").filter({ hasText: "Dismiss" });
}
