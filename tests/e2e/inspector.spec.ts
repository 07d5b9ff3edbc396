import AxeBuilder from "@axe-core/playwright";
import { expect, type Locator, type Page, test } from "playwright/test";
import { cell, openLecture, rewrite, run } from "./notebook-page.ts";

const PROGRAM = `const machine = boot({ cpus: 1 });
machine.run(function* reader(sys) {
  const [read, write] = yield* sys.pipe2();
  if ((yield* sys.fork()) === 0) {
    yield* sys.nanosleep(1e6);
    yield* sys.write(write, "hi");
    yield* sys.exit(0);
  }
  yield* sys.read(read, 2);
  yield* sys.wait4();
});`;

/** Runs the program in cell 2 and opens the inspector there, by key. */
async function openInspector(page: Page): Promise<Locator> {
  await openLecture(page);
  await rewrite(page, 2, PROGRAM);
  await run(page, 2);
  const button = cell(page, 2).getByRole("button", { name: "Inspect the machine" });
  await expect(button).toBeVisible();
  await button.focus();
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Kernel inspector, cell 2" });
  await expect(panel.getByRole("table", { name: "CPUs" })).toBeVisible();
  return panel;
}

test("a reader goes back to where the program slept, and asks why", async ({ page }) => {
  const panel = await openInspector(page);
  await expect(panel).toBeFocused();
  await panel.getByLabel("Step by").selectOption("call");
  const back = panel.getByRole("button", { name: "Back by one system call" });
  const what = panel.locator("[aria-live]");
  const place = panel.getByRole("slider", { name: "Event" });
  let at = Number(await place.inputValue());
  for (let steps = 0; steps < 20; steps++) {
    await back.click();
    await expect(place).not.toHaveValue(String(at));
    at = Number(await place.inputValue());
    // write(2): the parent sleeps in read now.
    if ((await what.textContent())?.startsWith("write() begins") === true) break;
  }
  await expect(what).toContainText("write() begins");
  await expect(panel.getByRole("table", { name: "Tasks" })).toContainText("read");
  await expect(panel.locator("tr[aria-current]").first()).toContainText("reader");

  await panel.getByRole("tab", { name: "Tasks" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(panel.getByRole("tab", { name: "Waits" })).toBeFocused();
  await expect(panel.getByRole("table", { name: "Wait queues" })).toContainText("data in pipe:[");
  await page.keyboard.press("End");
  await expect(panel.getByRole("table", { name: "Registers" })).toContainText("orig_rax");
  // A past moment stays when another view is chosen.
  await expect(place).toHaveValue(String(at));

  await place.focus();
  await page.keyboard.press("ArrowRight");
  await expect(place).toHaveValue(String(at + 1));
  await panel.getByRole("button", { name: "Text" }).click();
  await expect(panel.locator("pre")).toContainText("Registers");
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  await expect(cell(page, 2).getByRole("button", { name: "Inspect the machine" })).toBeFocused();
});

test("a link leads another reader to the same moment, once the reader has agreed", async ({
  page,
  context,
  browser,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const panel = await openInspector(page);
  await panel.getByRole("button", { name: "Back by one event" }).click();
  const place = panel.getByRole("slider", { name: "Event" });
  const last = Number(await place.getAttribute("max"));
  await expect(place).toHaveValue(String(last - 1));
  await panel.getByRole("button", { name: "Copy a link to this moment" }).click();
  await expect(panel.getByText("Copied.")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  const notice = other.getByRole("complementary", { name: "A link to a moment" });
  await expect(notice).toContainText("cell 2");
  await notice.getByText("Its text").click();
  await expect(notice).toContainText("function* reader");
  // Nothing of it runs before.
  await expect(cell(other, 2).getByText("Ran", { exact: true })).toBeHidden();
  await notice.getByRole("button", { name: "Take it over and run it" }).click();
  const there = other.getByRole("complementary", { name: "Kernel inspector, cell 2" });
  await expect(there.getByRole("slider", { name: "Event" })).toHaveValue(String(last - 1));
  expect(new URL(other.url()).hash).toBe("");
  await other.context().close();
});

test("a damaged link says so and changes nothing", async ({ page }) => {
  await openLecture(page);
  await page.evaluate(() => {
    window.location.hash = "#moment=AAAA";
  });
  const notice = page.getByRole("complementary", { name: "A link to a moment" });
  await expect(notice).toContainText("leads to no moment");
  await notice.getByRole("button", { name: "Leave it" }).click();
  await expect(notice).toBeHidden();
});

for (const [width, height] of [
  [1440, 900],
  [360, 740],
] as const) {
  test(`axe finds nothing in the inspector at ${width} px, light and dark`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const panel = await openInspector(page);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page })
        .include("aside[aria-label^='Kernel inspector']")
        .analyze();
      expect(violations).toEqual([]);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
    await expect(panel.getByRole("slider", { name: "Event" })).toBeInViewport();
  });
}
