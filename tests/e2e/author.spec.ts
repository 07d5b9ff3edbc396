import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "playwright/test";
import { test } from "./class-site.ts";
import { signInAs } from "./sign-in.ts";

const COURSE = "/author/linux";

// One course, whose story goes on from test to test.
test.describe.configure({ mode: "serial" });

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
  await page.getByRole("button", { name: "Run all files" }).click();
  const judged = page.getByRole("table");
  await expect(judged.getByRole("row", { name: /^solution\.ts 1 of 1 passed/ })).toBeVisible({
    timeout: 60_000,
  });
  await expect(judged.getByRole("row", { name: /^starter\.ts 0 of 1 failed/ })).toBeVisible();

  await page.goto(`${COURSE}?show=changed`);
  await page.getByLabel("Publish Doubles").check();
  await page.getByLabel("Publish Double it").check();
  await page.getByRole("button", { name: "Check and publish what is ticked" }).click();
  await expect(page.getByText("Published: readers see it from now on.")).toBeVisible({
    timeout: 120_000,
  });
  await page.goto("/lectures/20-doubles");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Doubles");
  await expect(page.getByText("42", { exact: true }).first()).toBeVisible();
  await expect(page.getByRole("heading", { name: /Double it/ }).first()).toBeVisible();
});

test("of two authors at once the second brings both texts together", async ({ page, browser }) => {
  test.setTimeout(120_000);
  await signInAs(page, "Henrik", COURSE);
  await page.getByRole("link", { name: "Doubles", exact: true }).click();
  const context = await browser.newContext();
  const other = await context.newPage();
  await signInAs(other, "Ada", new URL(COURSE, page.url()).pathname);
  await other.getByRole("link", { name: "Doubles", exact: true }).click();
  await append(page, "\nHenrik's last words.\n");
  await append(other, "\nAda's last words.\n");
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
  const { violations } = await new AxeBuilder({ page: other }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await context.close();
});

async function append(page: Page, text: string): Promise<void> {
  const editor = page.locator(".monaco-editor").first();
  await editor.locator(".view-lines").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText(text);
  await expect(page.getByText(/Draft saved/)).toBeVisible();
}

async function saveVersion(page: Page, message: string, number: number): Promise<void> {
  await page.getByLabel("What has changed").fill(message);
  await page.getByRole("button", { name: `Save version ${number}` }).click();
  await expect(page.getByRole("button", { name: `Save version ${number + 1}` })).toBeVisible();
}
