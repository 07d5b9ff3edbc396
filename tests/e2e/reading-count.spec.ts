import { expect, test } from "playwright/test";
import { code, openLecture, output, rewrite } from "./notebook-page.ts";
import { signInAs } from "./sign-in.ts";

const LECTURE = "/lectures/07-system-calls";

test("a student’s reading is counted when the page is left, shown to them, and forgotten when they say no", async ({
  page,
}) => {
  await signInAs(page, "Bao", "/progress");
  await page.clock.install();
  await openLecture(page, LECTURE);
  await rewrite(page, 1, 'throw new Error("on purpose");');
  await code(page, 1).focus();
  await page.keyboard.press("Control+Enter");
  await expect(output(page, 1)).toContainText("on purpose");
  const contents = page.getByRole("navigation", { name: "Contents of this lecture" });
  await contents.getByRole("link").nth(2).click();
  await expect(contents.getByRole("link").nth(2)).toHaveAttribute("aria-current", "location");
  // It looks every five seconds, and believes what it has seen twice.
  await page.clock.runFor(12_000);

  const lecture = page.getByRole("row").filter({ hasText: "7 System calls" });
  await expect(async () => {
    await page.goto("/progress");
    await expect(lecture).toContainText("§ 3 of", { timeout: 1000 });
  }).toPass();
  await expect(lecture).toContainText("0 of");
  await expect(lecture.getByRole("cell").last()).toContainText("1 ");

  await page.getByRole("button", { name: "Forget it, and count no more" }).click();
  await expect(page.getByText("Nothing is kept of how you read.")).toBeVisible();
  await expect(lecture).toHaveCount(0);
  await page.getByRole("button", { name: "Count my reading again" }).click();
  await expect(lecture).toContainText("not opened yet");
});
