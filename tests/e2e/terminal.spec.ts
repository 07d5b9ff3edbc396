import { expect, type Locator, type Page, test } from "playwright/test";
import { axeFindings } from "./axe.ts";
import { openLecture } from "./notebook-page.ts";

const LECTURE = "/lectures/03-unix-features";

/** Runs the cell with the terminal, and answers the terminal once somebody can type there. */
async function openTerminal(page: Page): Promise<Locator> {
  await openLecture(page, LECTURE);
  const cell = page.locator("#cell-terminal");
  await cell.getByRole("button", { name: /^Run cell/ }).click();
  const terminal = cell.getByRole("figure", { name: "Terminal tty1" });
  // The first one fetches the kernel and the terminal, and boots them.
  await expect(terminal.locator(".xterm-rows")).toContainText("login: ala", { timeout: 30_000 });
  return terminal;
}

/** What the screen shows, a line for each row. */
async function screen(terminal: Locator): Promise<string> {
  const rows = await terminal.locator(".xterm-rows > div").allInnerTexts();
  return rows
    .map((row) => row.replaceAll("\u00a0", " ").trimEnd())
    .join("\n")
    .trimEnd();
}

async function shows(terminal: Locator, text: string | RegExp): Promise<void> {
  await expect.poll(() => screen(terminal)).toMatch(text);
}

test("a reader types at a terminal, stops a job and takes it back, and ends what runs away", async ({
  page,
}) => {
  const terminal = await openTerminal(page);
  await terminal.getByRole("textbox").focus();
  const { keyboard } = page;
  await keyboard.type("ecko");
  await keyboard.press("Backspace");
  await keyboard.press("Backspace");
  await keyboard.type("ho hi | tr a-z A-Z");
  await keyboard.press("Enter");
  await shows(terminal, /\$ echo hi \| tr a-z A-Z\nHI\n\$$/);

  await keyboard.type("sleep 100\n");
  await keyboard.press("Control+z");
  await shows(terminal, /\^Z\n\[1\] \+ Stopped +sleep 100\n\$$/);
  await keyboard.type("fg\n");
  await shows(terminal, /\$ fg\nsleep 100$/);
  await keyboard.press("Control+c");
  await shows(terminal, /\^C\n\$$/);

  await keyboard.type("yes\n");
  await shows(terminal, /(^|\n)y\ny\ny\n/);
  await keyboard.press("Control+c");
  await shows(terminal, /\^C\n\$$/);
  await keyboard.type("clear; echo $?\n");
  await shows(terminal, /^0\n\$$/);
});

test("the terminal is left by keyboard, in two ways, and Tab alone stays in it", async ({
  page,
}) => {
  const terminal = await openTerminal(page);
  const input = terminal.getByRole("textbox");
  await input.focus();
  await page.keyboard.press("Tab");
  await expect(input).toBeFocused();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  await expect(input).not.toBeFocused();
  await input.focus();
  await page.keyboard.press("Control+]");
  await expect(terminal.getByRole("button", { name: "Restart machine" })).toBeFocused();
});

test("without a run the terminal is text, and a restart boots its machine again", async ({
  page,
}) => {
  await openLecture(page, LECTURE);
  const cell = page.locator("#cell-terminal");
  await expect(cell.getByRole("figure", { name: "Terminal tty1" })).toContainText("HI");
  const terminal = await openTerminal(page);
  await terminal.getByRole("textbox").focus();
  await page.keyboard.type("touch marked; ls\n");
  await shows(terminal, /\nmarked\n\$$/);
  await terminal.getByRole("button", { name: "Restart machine" }).click();
  await expect(terminal.locator(".xterm-rows")).not.toContainText("marked");
  await terminal.getByRole("textbox").focus();
  await page.keyboard.type("ls; echo again\n");
  await shows(terminal, /\$ ls; echo again\nagain\n\$$/);
});

test("what was typed is typed again when the cells had to be run again", async ({ page }) => {
  const terminal = await openTerminal(page);
  await terminal.getByRole("textbox").focus();
  await page.keyboard.type("echo kept > note; cat note\n");
  await shows(terminal, /\nkept\n\$$/);
  const first = page.locator("#cell-twelve");
  await first.getByRole("button", { name: /^Run cell/ }).focus();
  const code = first.getByRole("group", { name: /^Code of cell/ });
  await code.focus();
  await page.keyboard.press("Enter");
  await expect(first.locator(".monaco-editor")).toBeVisible();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText("for (;;) {}");
  await page.keyboard.press("Escape");
  await first.getByRole("button", { name: /^Run cell/ }).click();
  await first.getByRole("button", { name: /^Stop cell/ }).click();
  await expect(first.getByText("Stopped")).toBeVisible();
  await expect(terminal.getByRole("status")).toContainText("typed again");
  // What is out of sight is not drawn.
  await terminal.getByRole("textbox").focus();
  await terminal.scrollIntoViewIfNeeded();
  await shows(terminal, /\nkept\n\$$/);
  await page.keyboard.type("cat note note\n");
  await shows(terminal, /\nkept\nkept\n\$$/);
});

test("on paper the screen is the text that it shows then", async ({ page }) => {
  const terminal = await openTerminal(page);
  await terminal.getByRole("textbox").focus();
  await page.keyboard.type("echo on paper\n");
  await shows(terminal, /\non paper\n\$$/);
  // Asked for in the moment in which the browser takes its picture.
  await page.evaluate(() => {
    const printed = document.querySelector("#cell-terminal figure pre");
    window.addEventListener("beforeprint", () => {
      Object.assign(window, { printed: printed?.textContent });
    });
  });
  await page.pdf();
  const printed = await page.evaluate(() => (window as unknown as { printed: string }).printed);
  expect(printed).toContain("\non paper\n$");
  await page.emulateMedia({ media: "print" });
  await expect(terminal.locator(".xterm")).toBeHidden();
  await expect(terminal.locator("pre")).toBeVisible();
});

for (const width of [1280, 360]) {
  test(`axe finds nothing at ${width} px, and the page is no wider`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    const terminal = await openTerminal(page);
    await shows(terminal, /\$/);
    expect(await axeFindings(page, "#cell-terminal")).toEqual([]);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
  });
}
