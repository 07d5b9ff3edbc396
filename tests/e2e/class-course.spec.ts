import { expect, test } from "playwright/test";
import {
  awake,
  courseFile,
  graded,
  lastLine,
  onlyOnce,
  pathOf,
  rewrite,
  submit,
} from "./exercise-page.ts";
import { signInAs } from "./sign-in.ts";

const EXERCISE = "three-small-programs";

test("what a student hands in on the exercise’s page stands in the gradebook, with its code", async ({
  browser,
  page,
}) => {
  const text = onlyOnce(courseFile(EXERCISE, "solution.ts"));
  await signInAs(page, "Bao", pathOf(EXERCISE));
  await awake(page);
  await rewrite(page, text);
  await submit(page);
  expect(await graded(page)).toContain("5 of 5 points");

  const teacher = await (await browser.newContext()).newPage();
  await signInAs(teacher, "Henrik", "/class/demo?filter=exercise%3A11.1+bao");
  const row = teacher.getByRole("row").filter({ hasText: "Bao Nguyen" });
  await expect(row.getByRole("link")).toHaveAccessibleName(/^5 of 5, \d+ attempts?$/);
  await row.getByRole("link").click();
  await expect(teacher.getByRole("region", { name: "Code", exact: true })).toContainText(
    lastLine(text),
  );
  const result = teacher.getByRole("region", { name: "Result" });
  await expect(result.getByRole("listitem").filter({ hasText: "passed" })).toHaveCount(5);
});
