import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, expect, type Locator, type Page } from "playwright/test";
import { exerciseVersionOf } from "#server/course";
import { db } from "../../server/db/client.ts";
import { ADD_UP_SOLUTION, fixtureFolder, until } from "../grading.ts";
import { test } from "./class-site.ts";
import { signInAs } from "./sign-in.ts";

const BOOK = "/class/demo";
const HALF = "export const sum = (a, b) => a + b;\nexport const reverse = (bytes) => bytes;\n";

// One class, whose story goes on from test to test.
test.describe.configure({ mode: "serial" });
test.use({ classOf: "grades" });

let submission = "";

test.beforeAll(async ({ site }) => {
  submission = await site.submit("mira.kovac", "add-up", HALF);
  await site.submit("bao.nguyen", "add-up", ADD_UP_SOLUTION);
  await until(async () => {
    const waiting = await db().submission.count({ where: { results: { none: {} } } });
    return waiting === 0 ? true : undefined;
  });
});

test("a changed hidden test is tried on all, applied as one, explained and taken back", async ({
  page,
  browser,
  baseURL,
}) => {
  await publishWithoutReverse();
  await signInAs(page, "Henrik", BOOK);
  await page.getByRole("button", { name: "Try the new version of 1.1" }).click();
  await expect(page.getByText("1 higher, 0 lower, 1 with the same points")).toBeVisible();
  await expect(page.getByRole("row", { name: /Mira Kovač 1.1 Attempt 1 2 3/ })).toBeVisible();
  await page.goto(BOOK);
  await expect(addUp(page, "Mira Kovač")).toHaveAccessibleName("2 of 3, 1 attempt");
  await page.getByRole("link", { name: "See who, and decide" }).click();
  await page.getByLabel("Why, for the students").fill("The order of bytes was not asked for.");
  await page.getByRole("button", { name: "Apply to all" }).click();
  await expect(page.getByText("Applied: these are the grades.")).toBeVisible();
  await page.goto(BOOK);
  await expect(addUp(page, "Mira Kovač")).toHaveAccessibleName("3 of 3, 1 attempt");

  const mira = await asMira(browser, baseURL);
  const why = mira.getByRole("region", { name: "Why the grade changed" });
  await expect(why).toContainText("2 → 3, by Henrik");
  await expect(why).toContainText("The order of bytes was not asked for.");

  await page.goto(`${BOOK}/log?kind=regrade-applied`);
  await page.getByRole("link", { name: "1.1" }).click();
  await expect(page.getByRole("heading", { name: /Grade: 3 of 3/ })).toBeVisible();
  // Other specs of the same site apply regrades of their own exercises.
  const { id } = await db().regrade.findFirstOrThrow({
    where: { state: "applied", exercise: { slug: "add-up" } },
  });
  await page.goto(`${BOOK}/regrades/${id}`);
  await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(page.getByText("Taken back")).toBeVisible();
  await page.goto(BOOK);
  await expect(addUp(page, "Mira Kovač")).toHaveAccessibleName("2 of 3, 1 attempt");
  // A repeat does not bring the new version in by another door.
  await addUp(page, "Mira Kovač").click();
  await expect(page.getByText("The exercise has a new version.")).toBeVisible();
  await page.getByRole("button", { name: "Grade again" }).click();
  await expect(page.getByText("1 of 1 graded again, 0 changed")).toBeVisible();
});

test("a grade by hand shows both numbers and who gave it, and the student reads why", async ({
  page,
  browser,
  baseURL,
}) => {
  await signInAs(page, "Henrik", BOOK);
  await addUp(page, "Mira Kovač").click();
  await page.getByLabel("Points by hand").fill("2.5");
  await page.getByLabel("To the student").fill("Half a point for the idea.");
  await page.getByRole("button", { name: "Save the grade" }).click();
  await expect(page.getByRole("heading", { name: "Grade: 2.5 of 3" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Grade" })).toContainText("Automatic: 2.");
  await page.getByLabel("Comment on line").fill("2");
  await page.getByLabel("In words").fill("This answers the <b>same</b> array.");
  await page.getByRole("button", { name: "Add the comment" }).click();
  await expect(page.getByRole("region", { name: "Comments on the code" })).toContainText(
    "<b>same</b>",
  );
  const mira = await asMira(browser, baseURL);
  const said = mira.getByRole("complementary", { name: "From the staff" });
  await expect(said).toContainText("Your grade for the exercise: 2.5 of 3");
  await expect(said).toContainText("Half a point for the idea.");
  await expect(said).toContainText("The automatic grade is 2.");
  await expect(said).toContainText("This answers the <b>same</b> array.");
});

test("grades come from a file: tried, refused at the line, applied and taken back", async ({
  page,
}) => {
  await signInAs(page, "Elin", `${BOOK}/grades`);
  const text = page.getByLabel("Or its text");
  await text.fill(
    "username,exercise,points,comment\nmira.kovac,E1.1,1,From the oral\nnobody,E1.1,1,\n",
  );
  await page.getByRole("button", { name: "Try it" }).click();
  await expect(page.getByText(/^line 3: no student of this run/)).toBeVisible();
  await text.fill("username,exercise,points,comment\nmira.kovac,E1.1,1,From the oral\n");
  await page.getByRole("button", { name: "Try it" }).click();
  await expect(page.getByRole("row", { name: /Mira Kovač 1.1 2.5 1 From the oral/ })).toBeVisible();
  await page.getByRole("button", { name: "Apply 1" }).click();
  await expect(page.getByText("1 grades are as the file says.")).toBeVisible();
  await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Taken back: the grades are as they were")).toBeVisible();
  await page.goto(BOOK);
  await expect(addUp(page, "Mira Kovač")).toHaveAccessibleName(/^2.5 of 3/);
});

/** The student at the submission, in a browser of her own. */
async function asMira(browser: Browser, baseURL: string | undefined): Promise<Page> {
  const page = await (await browser.newContext({ baseURL: baseURL ?? "" })).newPage();
  await signInAs(page, "Mira", `/submissions/${submission}`);
  return page;
}

/** The exercise with a hidden test that asks for less, as a publication stores it. */
async function publishWithoutReverse(): Promise<void> {
  const folder = join(mkdtempSync(join(tmpdir(), "grades-")), "add-up");
  cpSync(fixtureFolder("add-up"), folder, { recursive: true });
  const file = join(folder, "hidden.test.ts");
  const changed = readFileSync(file, "utf8").replace(
    "String(bytes.slice().reverse())",
    "String(reversed)",
  );
  writeFileSync(file, changed);
  const { hash, manifest, judge } = await exerciseVersionOf(folder);
  rmSync(folder, { recursive: true });
  const { id: exerciseId } = await db().exercise.findFirstOrThrow({ where: { slug: "add-up" } });
  await db().exerciseVersion.create({
    data: {
      exerciseId,
      hash,
      manifest: JSON.parse(JSON.stringify(manifest)),
      judge: new TextEncoder().encode(judge),
    },
  });
}

function addUp(page: Page, student: string): Locator {
  const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: student }) });
  return row.getByRole("link").first();
}
