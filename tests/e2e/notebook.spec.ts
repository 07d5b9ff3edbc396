import { expect, test } from "playwright/test";
import { axeFindings } from "./axe.ts";
import {
  cell,
  code,
  LECTURE,
  listen,
  openLecture,
  output,
  replaceAll,
  rewrite,
  run,
  startEditing,
} from "./notebook-page.ts";

test.describe("running", () => {
  test("Shift+Enter runs a cell and goes on to the next one", async ({ page }) => {
    await openLecture(page);
    const said = await listen(page);
    await code(page, 1).focus();
    await page.keyboard.press("Shift+Enter");
    await expect(code(page, 2)).toBeFocused();
    await expect(cell(page, 1).getByText("Ran", { exact: true })).toBeVisible();
    await expect(output(page, 1)).toContainText("eventsReplayed");
    expect((await said()).filter((text) => text.startsWith("Cell 1"))).toHaveLength(1);
  });

  test("a cell runs with the cells that it needs", async ({ page }) => {
    await openLecture(page);
    await rewrite(page, 3, "hits.lookupUint(0) + 1000n");
    await run(page, 3);
    await expect(output(page, 3)).toContainText(/10\d\dn?/);
    await expect(cell(page, 1).getByText("Ran", { exact: true })).toBeVisible();
    await expect(cell(page, 2).getByText("Ran", { exact: true })).toBeHidden();
  });

  test("an error stands at its line of its cell", async ({ page }) => {
    await openLecture(page);
    await rewrite(page, 2, "function fails() {\n  throw new RangeError('as asked')\n}");
    await rewrite(page, 3, "1\n\nfails()");
    await run(page, 3);
    await expect(cell(page, 3).getByText("Failed at line 3")).toBeVisible();
    await expect(output(page, 3)).toContainText("RangeError: as asked");
    await expect(output(page, 3)).toContainText("at cell 2, line 2");
    await expect(output(page, 3)).toContainText("at cell 3, line 3");
    await expect(code(page, 3).locator("[data-bad]")).toHaveAttribute("data-number", "3");
  });

  test("restart and run all, run all above", async ({ page }) => {
    await openLecture(page);
    await rewrite(page, 1, "const first = 1");
    await rewrite(page, 2, "const second = first + 1");
    await rewrite(page, 3, "second * 10");
    await code(page, 3).hover();
    await page.getByRole("button", { name: "More for cell 3", exact: true }).click();
    await page.getByRole("menuitem", { name: "Run all above" }).click();
    await expect(cell(page, 2).getByText("Ran", { exact: true })).toBeVisible();
    await run(page, 3);
    await expect(output(page, 3)).toHaveText("20");
    await page.getByRole("button", { name: "Notebook", exact: true }).click();
    await page.getByRole("menuitem", { name: /^Restart 0/ }).click();
    await expect(cell(page, 3).getByText("Ran before the restart")).toBeVisible();
    await expect(output(page, 3)).toHaveText("20");
    await page.getByRole("button", { name: "Notebook", exact: true }).click();
    await page.getByRole("menuitem", { name: "Restart and run all" }).click();
    await expect(cell(page, 3).getByText("Ran", { exact: true })).toBeVisible();
  });

  test("a guess and the machine's answer stand side by side", async ({ page }) => {
    await openLecture(page);
    const predict = page.getByRole("region", { name: /signed division/ });
    await predict.getByRole("textbox").fill("-4");
    await predict.getByRole("button", { name: "Commit my guess" }).click();
    await predict.getByRole("button", { name: /^Run cell/ }).click();
    await expect(predict.getByRole("definition")).toHaveText(["-4", "-3"]);
    await page.reload();
    await expect(predict.getByRole("definition").first()).toHaveText("-4");
  });
});

test.describe("editing", () => {
  test("the editor completes the simulator's API and names of earlier cells", async ({ page }) => {
    await openLecture(page);
    await startEditing(page, 2);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("machine.bp");
    await expect(page.getByRole("option", { name: /^bpf/ }).first()).toBeVisible({
      timeout: 20_000,
    });
    await page.keyboard.press("Escape");
    await page.keyboard.type("f.verif");
    await expect(page.getByRole("option", { name: /^verify/ }).first()).toBeVisible();
  });

  test("without the large editor there is a plain one", async ({ page }) => {
    await page.route("/monaco/**", (route) => route.abort());
    await openLecture(page);
    await code(page, 2).focus();
    await page.keyboard.press("Enter");
    const field = cell(page, 2).locator("textarea");
    await expect(field).toBeFocused();
    await field.fill("6 * 7");
    await page.keyboard.press("Shift+Enter");
    await expect(output(page, 2)).toHaveText("42");
  });

  test("a click puts the cursor where it points", async ({ page }) => {
    await openLecture(page);
    await rewrite(page, 2, "const a = 1;\nconst b = 2;\n[a, b].join()");
    const second = code(page, 2).locator("[data-number='2']");
    await second.click({ position: { x: 2, y: 10 } });
    await expect(cell(page, 2).locator(".monaco-editor")).toBeVisible();
    await expect(cell(page, 2).getByRole("textbox").first()).toBeFocused();
    await page.keyboard.insertText("/* here */");
    await page.keyboard.press("Escape");
    await expect(code(page, 2).locator("[data-number='2']")).toHaveText("/* here */const b = 2;");
  });

  test("a changed cell makes others stale, and one button runs what is needed", async ({
    page,
  }) => {
    await openLecture(page);
    await rewrite(page, 1, "const n = 1");
    await rewrite(page, 2, "const doubled = n * 2");
    await rewrite(page, 3, "doubled + 1");
    await run(page, 3);
    await expect(output(page, 3)).toHaveText("3");
    await rewrite(page, 1, "const n = 10");
    await expect(cell(page, 3).getByText("Stale")).toBeVisible();
    await expect(cell(page, 3)).toContainText("n changed in cell 1");
    await page.getByRole("button", { name: "Run 1, 2 and 3" }).click();
    await expect(output(page, 3)).toHaveText("21");
    await expect(page.getByText("Stale")).toHaveCount(0);
  });

  test("what was typed is there after a reload, offline and without an account", async ({
    page,
    context,
  }) => {
    await openLecture(page);
    await startEditing(page, 2);
    await context.setOffline(true);
    await replaceAll(page, "'typed without a network'");
    await page.keyboard.press("Escape");
    await expect(cell(page, 2).getByText("kept on this device")).toBeVisible();
    await context.setOffline(false);
    await openLecture(page);
    await expect(code(page, 2)).toHaveText("'typed without a network'");
    await code(page, 2).hover();
    await page.getByRole("button", { name: "More for cell 2", exact: true }).click();
    await page.getByRole("menuitem", { name: "Reset to the lecture’s text" }).click();
    await expect(code(page, 2)).toContainText("bpf.classic.convert");
    await page.getByRole("button", { name: "More for cell 2", exact: true }).click();
    await page.getByRole("menuitem", { name: "Earlier texts…" }).click();
    await page.getByRole("button", { name: "Use this text" }).first().click();
    await expect(code(page, 2)).toHaveText("'typed without a network'");
  });

  test("two tabs that change one cell show both texts, and the reader picks", async ({
    context,
  }) => {
    const [first, second] = [await context.newPage(), await context.newPage()];
    await openLecture(second);
    await startEditing(second, 2);
    await openLecture(first);
    await rewrite(first, 2, "'of the first tab'");
    await second.bringToFront();
    await replaceAll(second, "'of the second tab'");
    const notice = second.getByRole("region", { name: "Two texts of cell 2" });
    await expect(notice).toContainText("'of the first tab'");
    await expect(notice).toContainText("'of the second tab'");
    await notice.getByRole("button", { name: "Keep this one" }).click();
    await expect(notice).toHaveCount(0);
    // The other tab hears of it once it is kept.
    await expect(code(first, 2)).toHaveText("'of the second tab'");
    await openLecture(second);
    await expect(code(second, 2)).toHaveText("'of the second tab'");
  });
});

test.describe("outputs", () => {
  test("a table, a chart, a picture and a long text, each in its own form", async ({ page }) => {
    await openLecture(page);
    await rewrite(page, 2, "display.svg('<svg xmlns=\"http://www.w3.org/2000/svg\"/>', 'A dot')");
    await run(page, 2);
    await expect(output(page, 2).getByRole("img", { name: "A dot" })).toHaveAttribute(
      "src",
      /^blob:/,
    );
    await rewrite(page, 2, "[1, 2].map((n) => ({ n, square: n * n }))");
    await run(page, 2);
    await expect(output(page, 2).getByRole("columnheader", { name: "square" })).toBeVisible();
    await rewrite(page, 2, "for (let i = 0; i < 30; i++) console.log('line ' + i)");
    await run(page, 2);
    await expect(output(page, 2).getByText("line 29")).toBeHidden();
    await output(page, 2).getByText("Show 10 more lines").click();
    await expect(output(page, 2).getByText("line 29")).toBeVisible();
  });

  test("axe finds nothing around the cells", async ({ page }) => {
    await openLecture(page);
    await rewrite(page, 3, "null.x");
    await run(page, 3);
    await expect(cell(page, 3).getByText("Failed at line 1")).toBeVisible();
    expect(await axeFindings(page, "section[aria-label^=Cell]")).toEqual([]);
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test("cells are run and edited by touch, and the page never scrolls sideways", async ({
    page,
  }) => {
    await openLecture(page);
    await page.getByRole("button", { name: "More for cell 2", exact: true }).tap();
    await page.getByRole("menuitem", { name: /^Edit/ }).tap();
    const field = page.getByRole("textbox", { name: "Code of cell 2" });
    await field.fill("6 * 7");
    await expect(page.locator(".monaco-editor")).toHaveCount(0);
    await page.getByRole("button", { name: "Done" }).tap();
    await page.getByRole("button", { name: "Run cell 2", exact: true }).tap();
    await expect(output(page, 2)).toHaveText("42");
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });
});

test("neither editor nor sandbox is fetched before it is wanted", async ({ page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  await openLecture(page, LECTURE);
  expect(fetched.filter((path) => /^\/(monaco|sandbox|cell-types)/.test(path))).toEqual([]);
});
