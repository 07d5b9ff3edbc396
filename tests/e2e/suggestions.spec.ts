import { expect, type Locator, type Page, test } from "playwright/test";
import { goToEnd, theEditor } from "./author-page.ts";
import { signInAs } from "./sign-in.ts";

const LECTURE = "Everything is a run of bytes";

// One draft, typed on from test to test.
test.describe.configure({ mode: "serial" });

test("components, exercises and places are offered, and their names say what they are", async ({
  page,
}) => {
  await openEditor(page);
  await page.keyboard.type("\n\n<Exerc");
  await expect(offered(page, /^<Exercise/)).toBeVisible();
  await page.keyboard.press("Enter");
  // The exercises of the lecture, without being asked for.
  await expect(offered(page, "namei")).toBeVisible();
  await page.keyboard.type("nam");
  await page.keyboard.press("Enter");
  const inserted = line(page, '<Exercise id="namei" />');
  await expect(inserted).toHaveText('<Exercise id="namei" />');
  await inserted.getByText("<Exercise").hover({ position: { x: 15, y: 8 } });
  await expect(hint(page)).toContainText("<Exercise>");
  await goToEnd(page);
  await page.keyboard.type("\n\n[there](#exercise-nam");
  await expect(offered(page, /^#exercise-namei/)).toBeVisible();
  await page.keyboard.press("Enter");
  await page.keyboard.type(")");
  await line(page, "[there]").getByText("#exercise-namei").hover();
  await expect(hint(page)).toContainText("Exercise namei");
});

test("in a cell the simulator is offered, also while its fence is open", async ({ page }) => {
  await openEditor(page);
  await page.keyboard.type("\n\n```ts cell id=offered\nconst offered = boot({ seed: 1 });\n");
  // Types of the simulator come after the editor.
  await expect(async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.type("\noffered.sp");
    await expect(offered(page, /^spawn/)).toBeVisible({ timeout: 3000 });
  }).toPass();
  await page.keyboard.press("Enter");
  await expect(line(page, "offered.spawn")).toHaveText("offered.spawn");
  await line(page, "offered = boot").getByText("offered").hover();
  await expect(hint(page)).toContainText("const offered: Machine");
  // The draft stays sound for who comes next.
  await goToEnd(page);
  await page.keyboard.type("\n```");
});

async function openEditor(page: Page): Promise<void> {
  await signInAs(page, "Henrik", "/author/linux");
  await page.getByRole("link", { name: LECTURE, exact: true }).click();
  await theEditor(page);
  await goToEnd(page);
}

function offered(page: Page, name: string | RegExp): Locator {
  return page.locator(".suggest-widget.visible").getByRole("option", { name }).first();
}

/** Of the text, by what stands in it. */
function line(page: Page, words: string): Locator {
  return page.locator(".view-line", { hasText: words }).last();
}

function hint(page: Page): Locator {
  return page.locator(".monaco-hover:visible");
}
