import { expect } from "playwright/test";
import { test } from "./class-site.ts";
import { signInAs } from "./sign-in.ts";

const ROSTER = `name,email,section,role
Ines Moreau,ines.moreau@example.edu,A,
Jonas Falk,jonas.falk.example.edu,A,
`;

test("an instructor begins a run, mends a roster's bad line and invites; a student joins by the link", async ({
  page,
  browser,
  site,
}) => {
  await signInAs(page, "Henrik", "/");
  await page.goto("/class?all=1");
  await page.getByLabel("Title").fill("Autumn 2027");
  await page.getByLabel("Name in addresses").fill("autumn-2027");
  await page.getByRole("button", { name: "Begin the run" }).click();
  await expect(page).toHaveURL("/class/autumn-2027/people");
  await expect(page.getByRole("rowheader", { name: "Henrik" })).toBeVisible();

  await page.getByRole("link", { name: "Upload a roster" }).click();
  await page.getByLabel("File").setInputFiles({
    name: "roster.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(ROSTER),
  });
  await page.getByRole("button", { name: "Show what would happen" }).click();
  await expect(page.getByText("Line 3:")).toBeVisible();
  await expect(page.getByRole("button", { name: "Apply the roster" })).toHaveCount(0);
  const text = page.getByLabel("Or its text");
  await text.fill((await text.inputValue()).replace("falk.example", "falk@example"));
  await page.getByRole("button", { name: "Show what would happen" }).click();
  await page.getByRole("button", { name: "Apply the roster" }).click();
  await expect(page.getByText(/2 enrolled, 0 changed, 0 removed/)).toBeVisible();
  await expect(page.getByText(/\/reset\//)).toHaveCount(2);

  await page.goto("/class/autumn-2027/people?section=A");
  await page.getByRole("button", { name: "Remove Jonas Falk from the run" }).click();
  await expect(page.getByRole("rowheader", { name: "Jonas Falk" })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("rowheader", { name: "Jonas Falk" })).toBeVisible();

  await page.goto("/class/autumn-2027/people/join");
  await page.getByLabel("In the section").selectOption({ label: "A" });
  await page.getByLabel("For at most so many people").fill("1");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.locator("code", { hasText: "/join/" }).textContent();
  const path = new URL(link ?? "").pathname;

  const student = await (await browser.newContext({ baseURL: site.url })).newPage();
  await student.goto(path);
  await student.getByLabel("Name", { exact: true }).fill("Rosa Lind");
  await student.getByLabel("User name").fill("rosa.lind");
  await student.getByLabel("E-mail address").fill("rosa.lind@example.edu");
  await student.locator("input[name=next]").fill("a long enough one");
  await student.locator("input[name=again]").fill("a long enough one");
  await student.getByRole("button", { name: "Make the account and join" }).click();
  await expect(student.getByText("You are in Autumn 2027.")).toBeVisible();
  await student.goto(path);
  await expect(student.getByText("as many people as it may")).toBeVisible();

  await page.goto("/class/autumn-2027/people?q=rosa");
  await expect(page.getByRole("combobox", { name: "Section of Rosa Lind" })).toHaveValue(/./);
});
