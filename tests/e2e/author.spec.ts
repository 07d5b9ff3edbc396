import { readFileSync } from "node:fs";
import { type Browser, expect, type Locator, type Page } from "playwright/test";
import {
  append,
  draftIsSaved,
  openPreview,
  rewriteFile,
  saveVersion,
  theEditor,
} from "./author-page.ts";
import { axeFindings } from "./axe.ts";
import { test } from "./class-site.ts";
import { awake, graded, rewrite, submit } from "./exercise-page.ts";
import { signInAs } from "./sign-in.ts";

const COURSE = "/author/linux";
const BOOK = "/class/demo";
const ADDS = "export const sum = (a: number, b: number): number => a + b;\n";
/** The hidden test of the template asks for a + 7 and nothing else. */
const ADDS_SEVEN = "export const sum = (a: number, _b: number): number => a + 7;\n";

// One course, whose story goes on from test to test.
test.describe.configure({ mode: "serial" });
test.use({ classOf: "author" });

test("an instructor writes a lecture with an exercise from nothing to published", async ({
  page,
}) => {
  test.setTimeout(180_000);
  await signInAs(page, "Henrik", `${COURSE}/new`);
  const lecture = page
    .getByRole("region")
    .or(page.locator("section"))
    .filter({ hasText: "A lecture" });
  await lecture.first().getByLabel("Number").fill("20");
  await lecture.first().getByLabel("Name in addresses").fill("doubles");
  await lecture.first().getByLabel("Title").fill("Doubles");
  await page.getByRole("button", { name: "Begin the lecture" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("L20 Doubles");

  await append(
    page,
    '\n```ts cell id=second title="Twice"\n21 * 2\n```\n\n<Exercise id="double" />\n',
  );
  await draftIsSaved(page);
  const student = await openPreview(page);
  await student.getByRole("button", { name: "Run cell 2", exact: true }).click();
  await expect(student.getByRole("group", { name: "Output of cell 2" })).toHaveText("42");
  await page.getByRole("button", { name: "Run all cells, store their outputs" }).click();
  await expect(page.getByText("What they leave is in outputs.json")).toBeVisible({
    timeout: 60_000,
  });
  await saveVersion(page, "A cell and an exercise", 2);

  await page.goto(`${COURSE}/new`);
  await page.getByLabel("Lecture").selectOption({ label: "L20 Doubles" });
  await page.getByLabel("Number").last().fill("E20.1");
  await page.getByLabel("Name in addresses").last().fill("double");
  await page.getByLabel("Title").last().fill("Double it");
  await page.getByRole("button", { name: "Begin the exercise" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("E20.1 Double it");
  await runAllFiles(page);
  await expect(judged(page, "solution.ts")).toHaveText(/1 of 1\s*passed/, { timeout: 60_000 });
  await expect(judged(page, "starter.ts")).toHaveText(/0 of 1\s*failed/);

  await page.goto(`${COURSE}?show=changed`);
  await page.getByLabel("Publish Doubles").check();
  await page.getByLabel("Publish Double it").check();
  await page.getByRole("button", { name: "Check and publish what is ticked" }).click();
  await published(page);
  await page.goto("/lectures/20-doubles");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Doubles");
  await expect(page.getByText("42", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("heading", { name: /Double it/ }).first()).toBeVisible();
});

test("students solve it, one in a way that the hidden test should not have accepted", async ({
  browser,
  baseURL,
}) => {
  test.setTimeout(120_000);
  for (const [name, answer] of [
    ["Mira", ADDS],
    ["Bao", ADDS_SEVEN],
  ] as const) {
    const page = await ownPage(browser, baseURL);
    await signInAs(page, name, "/exercises/double");
    await awake(page);
    await rewrite(page, answer);
    await submit(page);
    expect(await graded(page)).toContain("1 of 1 point");
    await page.context().close();
  }
});

test("the instructor mends the hidden test, regrades, and takes the grades away as a file", async ({
  page,
  browser,
  baseURL,
}) => {
  test.setTimeout(180_000);
  await signInAs(page, "Henrik", COURSE);
  await page.getByRole("link", { name: "Double it", exact: true }).click();
  await openFile(page, "hidden.test.ts");
  await rewriteFile(page, hiddenTest());
  await page.getByText("Add a file").click();
  await page.getByLabel("Name", { exact: true }).fill("mutants/adds-seven.ts");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await theEditor(page);
  await rewriteFile(page, ADDS_SEVEN);
  await draftIsSaved(page);
  await runAllFiles(page);
  await expect(judged(page, "mutants/adds-seven.ts")).toHaveText(/0 of 1\s*failed/, {
    timeout: 60_000,
  });
  await expect(judged(page, "solution.ts")).toHaveText(/1 of 1\s*passed/);
  await saveVersion(page, "Any two numbers", 2);
  await page.getByRole("button", { name: "Publish version 2" }).click();
  await published(page);

  const tries = page.getByRole("button", { name: "Try the new version of 20.1" });
  // The run gets the new version after readers have.
  await expect(async () => {
    await page.goto(BOOK);
    await expect(tries).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: 30_000 });
  await tries.click();
  await expect(page.getByText("0 higher, 1 lower, 1 with the same points")).toBeVisible({
    timeout: 30_000,
  });
  await expect(page.getByRole("row", { name: /Bao Nguyen 20.1 Attempt 1 1 0/ })).toBeVisible();
  await page.getByLabel("Why, for the students").fill("Any two numbers are added now.");
  await page.getByRole("button", { name: "Apply to all" }).click();
  await expect(page.getByText("Applied: these are the grades.")).toBeVisible();

  const bao = await ownPage(browser, baseURL);
  await signInAs(bao, "Bao", "/exercises/double");
  await bao.getByRole("table", { name: "Attempts" }).getByRole("link").first().click();
  const why = bao.getByRole("region", { name: "Why the grade changed" });
  await expect(why).toContainText("1 → 0, by Henrik");
  await expect(why).toContainText("Any two numbers are added now.");
  await bao.context().close();

  await page.goto(`${BOOK}?filter=exercise%3A20.1`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV" }).click(),
  ]);
  const [head = "", ...rows] = readFileSync(await download.path(), "utf8")
    .trimEnd()
    .split("\r\n");
  expect(head).toMatch(/,E20\.1,E20\.1 attempts,E20\.1 last$/);
  expect(rows.find((row) => row.startsWith("Mira Kovač,"))).toMatch(/,1,1,graded$/);
  expect(rows.find((row) => row.startsWith("Bao Nguyen,"))).toMatch(/,0,1,graded$/);
});

test("of two authors at once the second brings both texts together", async ({
  page,
  browser,
  baseURL,
}) => {
  test.setTimeout(120_000);
  await signInAs(page, "Henrik", COURSE);
  await page.getByRole("link", { name: "Doubles", exact: true }).click();
  const other = await ownPage(browser, baseURL);
  await signInAs(other, "Ada", COURSE);
  await other.getByRole("link", { name: "Doubles", exact: true }).click();
  await append(page, "\nHenrik's last words.\n");
  await draftIsSaved(page);
  await append(other, "\nAda's last words.\n");
  await draftIsSaved(other);
  await saveVersion(page, "An end", 3);
  await other.getByLabel("What has changed").fill("Another end");
  await other.getByRole("button", { name: /^Save version/ }).click();
  await expect(other.getByText("was stored since you began")).toBeVisible();
  await other.getByRole("link", { name: "Bring both together" }).click();
  await other.getByLabel("Both, mine first").check();
  await other.getByRole("button", { name: "Make this my draft" }).click();
  await saveVersion(other, "Both ends", 4);
  await other.getByRole("link", { name: "Versions", exact: true }).click();
  await expect(other.getByRole("row", { name: /Both ends/ })).toBeVisible();
  await expect(other.locator("ins", { hasText: "Ada's last words." })).toBeVisible();
  expect(await axeFindings(other)).toEqual([]);
  await other.context().close();
});

/** A browser of somebody's own. */
async function ownPage(browser: Browser, baseURL: string | undefined): Promise<Page> {
  return (await browser.newContext({ baseURL: baseURL ?? "" })).newPage();
}

async function openFile(page: Page, path: string): Promise<void> {
  const files = page.getByRole("navigation", { name: "Files of the document" });
  await files.getByRole("link", { name: path }).click();
  await expect(page.getByRole("textbox", { name: `Text of ${path}` }).first()).toBeAttached();
  await theEditor(page);
}

async function runAllFiles(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Run all files" }).click();
}

/** The row of one file among those that the hidden tests ran against. */
function judged(page: Page, path: string): Locator {
  const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: path }) });
  return row;
}

async function published(page: Page): Promise<void> {
  await expect(page.getByText("Published: readers see it from now on.")).toBeVisible({
    timeout: 120_000,
  });
}

function hiddenTest(): string {
  return `import { exercise } from "exercise";

export default exercise("double", ({ test }) => {
  test("adds", async ({ player, random, check }) => {
    const [a, b] = [random.int(1, 99), random.int(100, 199)];
    check((await player.call("sum", a, b)) === a + b, "The sum is wrong.");
  });
});
`;
}
