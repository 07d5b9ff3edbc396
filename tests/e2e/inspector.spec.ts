import { expect, type Locator, type Page, test } from "playwright/test";
import { axeFindings } from "./axe.ts";
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
  await expect(panel.getByText("Attached BPF programs, as they are now")).toBeVisible();
  await page.keyboard.press("ArrowLeft");
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

test("a reader runs back to who moved a descriptor, and forward to a system call", async ({
  page,
}) => {
  const panel = await openInspector(page);
  const place = panel.getByRole("slider", { name: "Event" });
  const last = Number(await place.inputValue());
  await panel.getByText("Breakpoints").focus();
  await page.keyboard.press("Enter");
  const form = panel.getByRole("form", { name: "A new breakpoint" });
  await form.getByLabel("Name").fill("write");
  await page.keyboard.press("Enter");
  const list = panel.getByRole("list", { name: "Breakpoints" });
  await expect(list).toContainText("write()");
  await panel.getByRole("button", { name: "Run back" }).click();
  await expect(place).not.toHaveValue(String(last));
  await expect(panel.locator("p[aria-live]")).toContainText("write() begins");
  const write = Number(await place.inputValue());

  await form.getByLabel("Stop at").selectOption("state of a task");
  await form.getByRole("button", { name: "Add" }).click();
  await panel.getByRole("button", { name: "Run forward" }).click();
  await expect(place).not.toHaveValue(String(write));
  await expect(list.locator("[aria-current]")).toContainText("state of task");
  await expect(panel.locator("details output").last()).toContainText("and then");

  await form.getByLabel("Stop at").selectOption("value");
  await form.getByLabel("Path").fill("nothing");
  await form.getByRole("button", { name: "Add" }).click();
  await expect(form).toContainText("A path is like openFiles[openFile=3].pos");
});

const RACE = `explore({
  shared: { counter: 0 },
  threads: {
    *A(sys, { counter }) {
      yield* counter.store((yield* counter.load()) + 1);
    },
    *B(sys, { counter }) {
      yield* counter.store((yield* counter.load()) + 1);
    },
  },
  invariant: ({ shared }) => shared.counter === 2,
}).text;`;

/** Runs a race in cell 2 and opens what the explorer has found. */
async function openSchedules(page: Page): Promise<Locator> {
  await openLecture(page);
  await rewrite(page, 2, RACE);
  await run(page, 2);
  await cell(page, 2).getByRole("button", { name: "Look at the schedules" }).click();
  const panel = page.getByRole("complementary", { name: "Kernel inspector, cell 2" });
  await expect(panel.getByRole("table", { name: "Ways to end" })).toBeVisible();
  return panel;
}

test("a failing schedule is stepped through by key, and leads to its moment on a machine", async ({
  page,
}) => {
  const panel = await openSchedules(page);
  await expect(panel).toContainText("4 schedules were run, 2 of them fail; 2 ways to end.");
  const ends = panel.getByRole("table", { name: "Ways to end" });
  await expect(ends.locator("[aria-current]")).toContainText("fails");
  const differs = panel.getByRole("table", { name: "What differs" });
  await expect(differs).toContainText("counter");

  const lanes = panel.getByRole("group", { name: /The schedule, step by step/ });
  await lanes.focus();
  await page.keyboard.press("Home");
  await expect(panel).toContainText("Before the first step.");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(lanes.locator("[aria-current]")).toContainText("load counter: 0");
  await expect(panel.locator("p[aria-live]")).toHaveText("B: load counter: 0");

  await panel.getByRole("button", { name: "Text" }).click();
  await expect(panel.locator("pre")).toContainText(">   2  B: load counter: 0");
  await panel.getByRole("button", { name: "Text" }).click();

  await panel.getByRole("button", { name: "Look into the machine here" }).click();
  await expect(panel.getByRole("table", { name: "Tasks" })).toContainText(/main.*A.*B/);
  const event = await panel.getByRole("slider", { name: "Event" }).inputValue();
  await panel.getByRole("button", { name: "Back by one event" }).click();
  await expect(panel.getByRole("slider", { name: "Event" })).toHaveValue(String(Number(event) - 1));
  await panel.getByRole("tab", { name: "Schedules" }).click();
  await expect(panel.locator("p[aria-live]")).toHaveText("B: load counter: 0");

  await ends.getByRole("button", { name: "ok" }).click();
  await expect(ends.locator("[aria-current]")).toContainText("ok");
});

for (const [width, height] of [
  [1440, 900],
  [360, 740],
] as const) {
  test(`axe finds nothing in the inspector at ${width} px, light and dark`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const panel = await openInspector(page);
    await panel.getByText("Breakpoints").click();
    await expectNoViolations(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
    await expect(panel.getByRole("slider", { name: "Event" })).toBeInViewport();
  });

  test(`axe finds nothing in the schedules at ${width} px, light and dark`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const panel = await openSchedules(page);
    await expectNoViolations(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
    await expect(panel.getByRole("slider", { name: "Step" })).toBeInViewport();
  });
}

async function expectNoViolations(page: Page): Promise<void> {
  expect(await axeFindings(page, "aside[aria-label^='Kernel inspector']")).toEqual([]);
}
