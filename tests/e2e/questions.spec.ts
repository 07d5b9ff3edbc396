import { type Browser, expect, type Page, test } from "playwright/test";
import { axeFindings } from "./axe.ts";
import { cell, openLecture, rewrite } from "./notebook-page.ts";
import { signInAs } from "./sign-in.ts";

const LECTURE = "/lectures/06-processes-and-contexts";
const CODE = "const mine = 40 + 2;";

// One class, whose talk goes on from test to test.
test.describe.configure({ mode: "serial" });

test("a student asks at a cell, a TA answers, the class sees it", async ({ browser, page }) => {
  await signInAs(page, "Mira", LECTURE);
  await openLecture(page, LECTURE);
  await rewrite(page, 1, CODE);
  await cell(page, 1).getByRole("link", { name: "Ask a question about this cell" }).click();
  await expect(page.getByRole("textbox", { name: "Your code" })).toHaveValue(CODE);
  await page.getByLabel("Your question in a line").fill("Why 42?");
  const question = page.getByRole("textbox", { name: /^Question/ });
  await question.fill("Is `40 + 2` <b>always</b> so?");
  // What is typed outlives the page.
  await page.reload();
  await expect(question).toHaveValue("Is `40 + 2` <b>always</b> so?");
  await page.getByLabel("Your question in a line").fill("Why 42?");
  await page.getByRole("button", { name: "Ask" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Why 42?");
  await expect(page.getByRole("article")).toContainText("Is 40 + 2 <b>always</b> so?");
  await expect(page.getByRole("region", { name: "The asker’s code" })).toHaveText(CODE);

  const ta = await newPage(browser);
  await signInAs(ta, "Elin", "/class/demo/questions");
  await ta.getByRole("link", { name: "Why 42?" }).click();
  await ta.getByRole("textbox", { name: "Your answer" }).fill("Yes: addition is `pure`.");
  await ta.getByRole("button", { name: "Answer", exact: true }).click();
  await expect(ta.getByRole("article").nth(1)).toContainText("Yes: addition is pure.");
  await expect(ta.getByRole("main")).toContainText("answered");
  await expect(ta.getByRole("textbox", { name: "Your answer" })).toHaveValue("");

  const mate = await newPage(browser);
  await signInAs(mate, "Bao", LECTURE);
  await openLecture(mate, LECTURE);
  await cell(mate, 1).getByRole("link", { name: "1 question about this cell" }).click();
  await mate.getByRole("link", { name: "Why 42?" }).click();
  await expect(mate.getByRole("article").nth(1)).toContainText("Elin Andersson, staff");
  await expect(mate.getByRole("button", { name: "Take away" })).toHaveCount(0);
  expect(await axeFindings(mate)).toEqual([]);
});

test("what is for the staff alone stays with the staff, and loses its name when it is shown", async ({
  browser,
  page,
}) => {
  await signInAs(page, "Mira", "/class/demo/questions/new?exercise=kill-the-whole-tree");
  await page.getByLabel("Your question in a line").fill("Am I near?");
  await page.getByRole("textbox", { name: /^Question/ }).fill("It is half right.");
  await page.getByLabel("The staff alone").check();
  await page.getByRole("button", { name: "Ask" }).click();
  await expect(page).toHaveURL(/questions\/[0-9a-f-]+/);
  const path = new URL(page.url()).pathname;

  const mate = await newPage(browser);
  await signInAs(mate, "Bao", "/class/demo/questions");
  await expect(mate.getByRole("link", { name: "Why 42?" })).toBeVisible();
  await expect(mate.getByRole("link", { name: "Am I near?" })).toHaveCount(0);
  expect((await mate.goto(path))?.status()).toBe(404);

  const ta = await newPage(browser);
  await signInAs(ta, "Elin", "/class/demo/questions?show=staff");
  await ta.getByRole("link", { name: "Am I near?" }).click();
  await expect(ta.getByRole("region", { name: "The asker’s code" })).toBeVisible();
  await ta.getByRole("button", { name: "Show to the class" }).click();
  await expect(ta.getByRole("button", { name: "Show to the staff alone" })).toBeVisible();

  await mate.goto(path);
  await expect(mate.getByRole("article")).toContainText("A student");
  await expect(mate.getByRole("main")).not.toContainText("Mira");
  await expect(mate.getByRole("region", { name: "The asker’s code" })).toHaveCount(0);
});

test("an announcement stands on the home page until it is read", async ({ browser, page }) => {
  await signInAs(page, "Henrik", "/class/demo/announcements");
  await page.getByLabel("Title").first().fill("Another room");
  await page.getByRole("textbox", { name: "Announcement" }).first().fill("We meet in B 12.");
  await page.getByRole("button", { name: "Announce", exact: true }).click();
  await expect(page.getByRole("article", { name: "Another room" })).toBeVisible();

  const student = await newPage(browser);
  await signInAs(student, "Bao");
  const news = student.getByRole("region", { name: "Announced" });
  await expect(news).toContainText("We meet in B 12.");
  await news.getByRole("button", { name: "I have read it: Another room" }).click();
  await expect(news).toHaveCount(0);
  await student.goto("/class/demo/announcements");
  await expect(student.getByRole("article", { name: "Another room" })).toBeVisible();
  await expect(student.getByRole("button", { name: "I have read it: Another room" })).toHaveCount(
    0,
  );
});

async function newPage(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}
