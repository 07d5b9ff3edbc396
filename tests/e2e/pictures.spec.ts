import { expect, type Page } from "playwright/test";
import { axeFindings } from "./axe.ts";
import { test } from "./class-site.ts";
import { signInAs } from "./sign-in.ts";

const COURSE = "/author/linux";
const RING =
  '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="160"><circle cx="80" cy="80" r="60"/></svg>';
const SCRIPT = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">\n<script/></svg>';

test.describe.configure({ mode: "serial" });
test.use({ classOf: "pictures" });

test("a picture is pasted into a lecture with its words, and comes to readers with them", async ({
  page,
}) => {
  test.setTimeout(240_000);
  await signInAs(page, "Henrik", `${COURSE}/new`);
  await page.getByLabel("Number").first().fill("21");
  await page.getByLabel("Name in addresses").first().fill("rings");
  await page.getByLabel("Title").first().fill("Rings");
  await page.getByRole("button", { name: "Begin the lecture" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("L21 Rings");
  const document = page.url();

  await page.locator(".monaco-editor .view-lines").click();
  await page.keyboard.press("Control+End");
  await paste(page, "bad.svg", SCRIPT);
  await page.getByLabel("What it shows, in words").fill("Nothing good");
  await page.getByRole("button", { name: "Put it into the text" }).click();
  await expect(page.getByText("line 2: a picture has no <script>: take it out")).toBeVisible();
  await page.getByRole("button", { name: "Leave it out" }).click();

  await paste(page, "Ring.svg", RING);
  await page.getByRole("button", { name: "Put it into the text" }).click();
  // Without words it is not taken.
  await expect(page.getByLabel("What it shows, in words")).toBeFocused();
  await page.getByLabel("What it shows, in words").fill('A "ring" of one circle');
  await page.getByLabel("Caption").fill("One `ring`.");
  await page.getByRole("button", { name: "Put it into the text" }).click();
  await expect(page.getByRole("link", { name: "pictures/ring.svg changed" })).toBeVisible();
  await expect(page.locator(".monaco-editor").getByText("<Picture")).toBeVisible();
  await expect(page.getByText(/Draft saved/)).toBeVisible();

  await page.goto(`${document}/preview`);
  await expectRing(page);
  await page.goto(document);
  await page.getByLabel("What has changed").fill("A ring");
  await page.getByRole("button", { name: "Save version 2" }).click();
  await page.getByRole("button", { name: "Publish version 2" }).click();
  await expect(page.getByText("Published: readers see it from now on.")).toBeVisible({
    timeout: 120_000,
  });
  await page.goto("/lectures/21-rings");
  const src = await expectRing(page);
  await expect(page.locator("figcaption code")).toHaveText("ring");
  expect(await axeFindings(page, "figure")).toEqual([]);
  await page.emulateMedia({ media: "print" });
  await expectRing(page);
  const answer = await page.request.get(src);
  expect(answer.headers()).toMatchObject({
    "content-type": "image/svg+xml",
    "content-security-policy": expect.stringMatching(/default-src 'none'.*sandbox/),
  });
});

test("a picture is pasted into the task of an exercise, asked for its words as in a lecture", async ({
  page,
}) => {
  await signInAs(page, "Henrik", `${COURSE}/new`);
  const form = page.locator("form", { hasText: "Begin the exercise" });
  await form.getByLabel("Number").fill("E1.9");
  await form.getByLabel("Name in addresses").fill("count-rings");
  await form.getByLabel("Title").fill("Count rings");
  await form.getByRole("button", { name: "Begin the exercise" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("E1.9 Count rings");
  const { pathname } = new URL(page.url());
  await page.getByRole("link", { name: "task.mdx" }).click();
  await page.locator(".monaco-editor .view-lines").click();
  await paste(page, "Ring.svg", RING);
  await page.getByRole("button", { name: "Put it into the text" }).click();
  await expect(page.getByLabel("What it shows, in words")).toBeFocused();
  await page.getByLabel("What it shows, in words").fill('A "ring" of one circle');
  await page.getByRole("button", { name: "Put it into the text" }).click();
  await expect(page.getByRole("link", { name: "pictures/ring.svg changed" })).toBeVisible();
  await expect(page.locator(".monaco-editor").getByText("<Picture")).toBeVisible();
  await expect(page.getByText(/Draft saved/)).toBeVisible();
  await page.goto(`${pathname}/preview`);
  await expectRing(page);
});

test("an exercise is changed in its form and in its text alike", async ({ page }) => {
  await signInAs(page, "Henrik", COURSE);
  await page.locator("tbody").getByRole("link", { name: "Add up", exact: true }).click();
  await page.getByRole("link", { name: "exercise.yaml" }).click();
  const text = page.locator(".monaco-editor .view-lines");
  // The form is drawn before anybody listens to it.
  await expect(text.getByText("title: Add up")).toBeVisible();
  await page.getByLabel("Attempts").fill("20");
  await expect(text.getByText("attempts: 20")).toBeVisible();
  const points = page.getByRole("textbox", { name: "Points", exact: true }).first();
  await points.fill("two");
  await expect(page.getByText("expected number, received string")).toBeVisible();
  await points.fill("2");
  await expect(page.getByText("expected number, received string")).toBeHidden();
  await text.click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.insertText("# Mended\n");
  await expect(page.getByText(/Draft saved/)).toBeVisible();
  await expect(page.getByLabel("Attempts")).toHaveValue("20");
  expect(await axeFindings(page, undefined, ".monaco-editor")).toEqual([]);
});

test("a second tab of the same draft follows what is typed in the first", async ({
  page,
  context,
}) => {
  await signInAs(page, "Henrik", COURSE);
  await page.locator("tbody").getByRole("link", { name: "Add up", exact: true }).click();
  await page.getByRole("link", { name: "starter.ts" }).click();
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.locator(".monaco-editor")).toBeVisible();
  await page.bringToFront();
  await page.locator(".monaco-editor .view-lines").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.insertText("// Carefully:\n");
  await other.bringToFront();
  await expect(other.locator(".monaco-editor .view-lines")).toContainText("Carefully:");
  await expect(other.getByText("in another tab")).toBeHidden();
});

async function paste(page: Page, name: string, svg: string): Promise<void> {
  await page.locator(".monaco-editor .view-lines").evaluate(
    (place, given) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([given.svg], given.name, { type: "image/svg+xml" }));
      const init = { clipboardData, bubbles: true, cancelable: true };
      place.dispatchEvent(new ClipboardEvent("paste", init));
    },
    { name, svg },
  );
}

/** Answers where it was loaded from. */
async function expectRing(page: Page): Promise<string> {
  const ring = page.getByRole("img", { name: 'A "ring" of one circle' });
  await ring.scrollIntoViewIfNeeded();
  await expect(ring).toHaveJSProperty("naturalWidth", 400);
  return (await ring.getAttribute("src")) ?? "";
}
