import { expect, type Locator, type Page, test } from "playwright/test";
import { axeFindings } from "./axe.ts";
import { LECTURE } from "./notebook-page.ts";

const NAMES = [
  ...["os-models", "bpf-timeline", "bpf-pipeline", "tnum-dial", "verifier-stepper"],
  "jit-side-by-side",
];

/** Scrolls to a figure and waits until it answers. */
async function liveFigure(page: Page, name: string): Promise<Locator> {
  const figure = page.locator(`#fig-${name}`);
  await figure.scrollIntoViewIfNeeded();
  if (name !== "os-models") await expect(figure).toHaveAttribute("data-figure", "live");
  return figure;
}

async function heights(page: Page): Promise<number[]> {
  const found: number[] = [];
  for (const name of NAMES) {
    const box = await page.locator(`#fig-${name} figure`).boundingBox();
    found.push(Math.round(box?.height ?? 0));
  }
  return found;
}

test.describe("by keyboard", () => {
  test("the stepper is one stop, and its keys go to any step", async ({ page }) => {
    await page.goto(LECTURE);
    const figure = await liveFigure(page, "verifier-stepper");
    const slider = figure.getByRole("slider", { name: "step" });
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    await expect(figure.getByText("step 2 of 8")).toBeVisible();
    await expect(figure.locator("[data-changed='true']")).toHaveText(/R6.*scalar/);
    await page.keyboard.press("End");
    await expect(slider).toHaveAttribute("aria-valuetext", "step 8 of 8");
    await page.keyboard.press("PageDown");
    await expect(slider).toHaveAttribute("aria-valuetext", "step 1 of 8");
    await page.keyboard.press("Tab");
    await expect(figure.getByRole("radio", { name: "i <= 15" })).toBeFocused();
  });

  test("what two compilers make of an instruction is marked together", async ({ page }) => {
    await page.goto(LECTURE);
    const figure = await liveFigure(page, "jit-side-by-side");
    await figure.getByRole("radio", { name: "Dice" }).check();
    await figure.getByRole("slider", { name: "line" }).focus();
    for (let line = 1; line < 4; line++) await page.keyboard.press("ArrowRight");
    const row = figure.getByRole("row", { name: "w6 %= 6" });
    await expect(row).toHaveAttribute("aria-current", "step");
    await expect(row).toContainText(/div %r11d.*i32\.rem_u/s);
  });

  test("T opens the text, where the current step is marked", async ({ page }) => {
    await page.goto(LECTURE);
    const figure = await liveFigure(page, "verifier-stepper");
    await figure.getByRole("slider").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("t");
    const text = figure.locator("details");
    await expect(text).toHaveAttribute("open", "");
    await expect(text.locator("[aria-current='step']")).toHaveText(
      /^Step 2, path 1, instruction 1: if r6 > 0xf goto pc\+5\. The other side waits as path 2\./,
    );
    await page.keyboard.press("t");
    await expect(text).not.toHaveAttribute("open");
  });

  test("a move is said, and loading says nothing", async ({ page }) => {
    await page.goto(LECTURE);
    const figure = await liveFigure(page, "bpf-pipeline");
    const said = figure.locator("[aria-live='polite']");
    await expect(said).toBeEmpty();
    await figure.getByRole("slider").focus();
    await page.keyboard.press("End");
    await expect(said).toHaveText(/^event: .*66 runs/);
  });

  test("bits of a tnum are turned by keys, and the simulator computes", async ({ page }) => {
    await page.goto(LECTURE);
    const figure = await liveFigure(page, "tnum-dial");
    await figure.getByRole("radio", { name: "and", exact: true }).check();
    await expect(figure.getByText(/^2 numbers, from 0 to 8\./)).toBeVisible();
    await figure.getByRole("button", { name: "bit 15 of b: 0" }).focus();
    await page.keyboard.press("End");
    await expect(figure.getByRole("button", { name: "bit 0 of b: 0" })).toBeFocused();
    await page.keyboard.press("x");
    await expect(figure.getByRole("button", { name: "bit 0 of b: unknown" })).toBeFocused();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Space");
    await expect(figure.getByText("(0xa; 0x1)", { exact: true })).toBeVisible();
  });
});

test.describe("by pointer", () => {
  test.use({ hasTouch: true, viewport: { width: 360, height: 740 } });

  test("a finger chooses program, instruction and step", async ({ page }) => {
    await page.goto(LECTURE);
    const figure = await liveFigure(page, "verifier-stepper");
    await figure.getByRole("radio", { name: "Two ways, one answer" }).tap();
    await expect(figure.getByText("step 1 of 15")).toBeVisible();
    await figure.getByRole("button", { name: "Forward" }).tap();
    await expect(figure.getByText("step 2 of 15")).toBeVisible();
    await figure.getByRole("button", { name: /r0 = 2/ }).tap();
    await expect(figure.getByText("step 8 of 15")).toBeVisible();
    await figure.getByRole("link", { name: /^Step 10,/ }).tap();
    await expect(figure.getByText("step 10 of 15")).toBeVisible();
    await expect(
      figure.getByText("Pruned by step 8, whose state covers this one.").first(),
    ).toBeVisible();
  });

  test("the page never scrolls sideways, whatever a figure shows", async ({ page }) => {
    await page.goto(LECTURE);
    for (const name of NAMES) await liveFigure(page, name);
    const isWider = () => document.documentElement.scrollWidth > window.innerWidth;
    expect(await page.evaluate(isWider)).toBe(false);
  });

  test("what is chosen is scrolled to inside the figure", async ({ page }) => {
    await page.goto(LECTURE);
    const figure = await liveFigure(page, "bpf-pipeline");
    await figure.getByRole("button", { name: "Last stage" }).tap();
    await expect(figure.getByRole("button", { name: "5 event" })).toBeInViewport();
  });
});

test("the address leads to a step of a program", async ({ page }) => {
  await page.goto(`${LECTURE}#fig-verifier-stepper/loop/4`);
  const figure = page.locator("#fig-verifier-stepper");
  await expect(figure.getByText("step 4 of 11")).toBeInViewport();
  await expect(figure.getByRole("radio", { name: "Four turns" })).toBeChecked();
  await figure.getByRole("button", { name: "Forward" }).click();
  await expect(page).toHaveURL(/#fig-verifier-stepper\/loop\/5$/);
  await page.reload();
  await expect(figure.getByText("step 5 of 11")).toBeVisible();
});

test("the timeline comes closer, and a step out of its years takes them along", async ({
  page,
}) => {
  await page.goto(LECTURE);
  const figure = await liveFigure(page, "bpf-timeline");
  await figure.getByRole("radio", { name: "2018 to 2020" }).check();
  await figure.getByRole("button", { name: "2020: Sleepable programs" }).click();
  await expect(figure.getByText("Linux 5.10").first()).toBeVisible();
  await figure.getByRole("button", { name: "Forward" }).click();
  await expect(figure.getByRole("radio", { name: "2024 and 2025" })).toBeChecked();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("each figure is drawn, and all that it can show is text", async ({ page }) => {
    await page.goto(LECTURE);
    for (const name of NAMES) {
      const figure = page.locator(`#fig-${name}`);
      await expect(figure.getByRole("slider")).toHaveCount(0);
      await figure.getByText("The figure as text").click();
      await expect(figure.locator("details p").first()).toBeVisible();
    }
    const verifier = page.locator("#fig-verifier-stepper");
    await expect(verifier.locator("details li")).toHaveCount(8 + 5 + 15 + 11);
    await expect(verifier.getByText(/^Step 5, .*Refused: R1 max value is outside/)).toBeVisible();
    await expect(page.locator("#fig-bpf-pipeline details > ol > li")).toHaveCount(5);
  });
});

test("nothing jumps when a figure comes alive", async ({ page, browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const still = await context.newPage();
  await still.goto(new URL(LECTURE, test.info().project.use.baseURL).href);
  await page.goto(LECTURE);
  for (const name of NAMES) await liveFigure(page, name);
  expect(await heights(page)).toEqual(await heights(still));
  await context.close();
});

test("who wants no motion gets none", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(LECTURE);
  for (const name of NAMES) {
    const figure = await liveFigure(page, name);
    const moving = await figure.locator("*").evaluateAll(
      (all) =>
        all.filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return transitionDuration !== "0s" || animationName !== "none";
        }).length,
    );
    expect(moving, name).toBe(0);
  }
});

test("on paper a figure stands at its step, without its controls", async ({ page }) => {
  await page.goto(LECTURE);
  const figure = await liveFigure(page, "verifier-stepper");
  await figure.getByRole("slider").focus();
  await page.keyboard.press("ArrowRight");
  await page.emulateMedia({ media: "print" });
  await expect(figure.getByRole("slider")).toBeHidden();
  await expect(figure.getByText("The figure as text")).toBeHidden();
  await expect(figure.getByText("Known before 1")).toBeVisible();
});

test("no figure is cut off at the edge of a sheet", async ({ page }) => {
  await page.setViewportSize({ width: 680, height: 1000 });
  await page.emulateMedia({ media: "print" });
  await page.goto(LECTURE);
  for (const name of NAMES) {
    const cut = await page
      .locator(`#fig-${name} [data-scroller]`)
      .evaluateAll(
        (all) => all.filter((scroller) => scroller.scrollWidth > scroller.clientWidth).length,
      );
    expect(cut, name).toBe(0);
  }
});

for (const width of [360, 1440]) {
  test(`axe finds nothing in the figures at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(LECTURE);
    for (const name of NAMES) {
      const figure = await liveFigure(page, name);
      await figure.getByText("The figure as text").click();
    }
    expect(await axeFindings(page, "[data-figure]")).toEqual([]);
  });
}
