import { expect, type Page } from "playwright/test";
import { TINY_COURSE } from "../tiny-course.ts";
import { axeFindings } from "./axe.ts";
import { testOn } from "./dated-site.ts";
import { signInAs } from "./sign-in.ts";

const FOLDER = `${Object.keys(TINY_COURSE)
  .find((path) => path.endsWith("/lecture.mdx"))
  ?.replace(/lecture\.mdx$/, "exercises/measured-well")}`;

const test = testOn({
  ...TINY_COURSE,
  [`${FOLDER}/exercise.yaml`]: `number: E1.9
kind: report
title: Measured well
rubric:
  - id: method
    title: The method fits the question
    points: 4
    levels:
      - { points: 0, text: None is given. }
      - { points: 4, text: Method and limits are given. }
  - { id: answer, title: The numbers answer it, points: 6 }
`,
  [`${FOLDER}/task.mdx`]: "Measure something, and write about it.\n",
  [`${FOLDER}/starter.md`]: "# What I asked\n",
});

const PAGE = "/exercises/measured-well";

// One report, whose story goes on from test to test.
test.describe.configure({ mode: "serial" });

test("a student writes a report, sees it set, hands it in, and learns no grade", async ({
  page,
}) => {
  await signInAs(page, "Mira", PAGE);
  await expect(page.getByRole("list", { name: "What it is graded by" })).toContainText(
    "Method and limits are given.",
  );
  await page.locator('[data-exercise="alive"]').waitFor();
  const text = page.getByRole("textbox", { name: "Your report, in Markdown" });
  await text.fill("# What I asked\n\nHow **long**.\n\n<script>window.stolen = 1</script>\n");
  await page.getByRole("button", { name: "Preview" }).click();
  const preview = page.getByRole("region", { name: "Preview of the report" });
  await expect(preview.getByRole("heading", { name: "What I asked", level: 2 })).toBeVisible();
  await expect(preview.locator("strong")).toHaveText("long");
  expect(await page.evaluate(() => "stolen" in window)).toBe(false);
  await isAccessible(page);
  await page.getByRole("button", { name: "Submit attempt 1" }).click();
  await expect(page.getByText("Attempt 1: not released yet.")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Attempt 1: not released yet.")).toBeVisible();
});

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false });

  test("a report is handed in, and one that comes too late is kept", async ({ page }) => {
    await signInAs(page, "Bao", PAGE);
    const text = page.getByRole("textbox", { name: "Your report, in Markdown" });
    await expect(text).toHaveValue("# What I asked\n");
    await text.fill("# What I asked\n\nHow far.\n");
    await page.getByRole("button", { name: "Hand it in" }).click();
    await expect(page).toHaveURL(/\/submissions\//);
    await expect(page.getByRole("region", { name: "The report" })).toContainText("How far.");
    await page.goto(`${PAGE}?refused=closed`);
    await expect(page.getByRole("alert")).toContainText("It is closed");
  });
});

test("the staff grades it by its criteria; nothing is shown before the release, everything after it", async ({
  page,
  browser,
  baseURL,
}) => {
  await signInAs(page, "Henrik", "/class/demo?filter=is%3Aungraded");
  const row = page.getByRole("row").filter({ hasText: "Mira Kovač" });
  await row.getByRole("link", { name: /last: to grade/ }).click();
  await expect(page.getByRole("region", { name: "The report" }).locator("strong")).toBeVisible();
  await isAccessible(page);
  await page.getByRole("radio", { name: /Method and limits are given/ }).check();
  await page.getByLabel("Points", { exact: true }).fill("5");
  await page.getByLabel("Comment", { exact: true }).last().fill("The third number is missing.");
  await page.getByLabel("About all of it").fill("A good beginning.");
  await page.getByRole("button", { name: "Save the points" }).click();
  await expect(page.getByRole("heading", { name: "Grade: 9 of 10" })).toBeVisible();

  const mira = await (await browser.newContext({ baseURL: baseURL ?? "" })).newPage();
  await signInAs(mira, "Mira", PAGE);
  await expect(mira.getByText("Attempt 1: not released yet.")).toBeVisible();
  await mira.getByRole("link", { name: "Open attempt 1" }).click();
  await expect(mira.getByText("Attempt 1: not released yet.")).toBeVisible();
  expect(await mira.content()).not.toContain("third number");

  await page.goto("/class/demo/grades");
  await page.getByRole("button", { name: "Release the grades of 1.9" }).click();
  await expect(page.getByRole("button", { name: "Hold the grades of 1.9" })).toBeVisible();
  await mira.reload();
  const criteria = mira.getByRole("list", { name: "Attempt 1: by criterion" });
  await expect(criteria).toContainText("5 / 6");
  await expect(criteria).toContainText("The third number is missing.");
  await expect(mira.getByText("A good beginning.", { exact: true })).toBeVisible();
  await isAccessible(mira);

  await page.getByRole("button", { name: "Undo: grades released" }).click();
  await expect(page.getByRole("button", { name: "Release the grades of 1.9" })).toBeVisible();
  await page.goto("/class/demo/log?kind=assessed");
  await expect(page.getByRole("row", { name: /report graded Mira Kovač/ })).toContainText(
    "nothing9",
  );
});

async function isAccessible(page: Page): Promise<void> {
  expect(await axeFindings(page)).toEqual([]);
}
