import {
  type APIRequestContext,
  type BrowserContext,
  expect,
  type Page,
  test,
} from "playwright/test";
import { axeFindings } from "./axe.ts";
import { LECTURE, openLecture } from "./notebook-page.ts";

const PAGES = ["/", LECTURE, "/search?q=verifier", "/no-such-page"];
const VERIFIER = "4 The verifier";

test.describe("home", () => {
  test("lists each lecture with what it asks and gives", async ({ page }) => {
    await page.goto("/");
    const entry = page.getByRole("article").filter({ hasText: "eBPF I" });
    await expect(entry.getByText("100 min")).toBeVisible();
    const goals = entry.getByRole("region", { name: "Goals" }).getByRole("listitem");
    await expect(goals).toHaveCount(5);
    const exercises = entry.getByRole("region", { name: "Exercises" }).getByRole("listitem");
    await expect(exercises).toHaveCount(4);
    await expect(exercises.first()).toContainText(/11\.1.*5 points/);
    await entry.getByRole("link", { name: /eBPF I/ }).click();
    await expect(page).toHaveURL(LECTURE);
  });

  test("no link of home or lecture leads nowhere", async ({ page, request }) => {
    const broken: string[] = [];
    const texts = new Map<string, string | undefined>();
    for (const path of ["/", LECTURE]) {
      await page.goto(path);
      const addresses = await page
        .locator("a[href^='/'], a[href^='#']")
        .evaluateAll((links) => [
          ...new Set(
            links.map((link) => new URL(link.getAttribute("href") ?? "", document.baseURI).href),
          ),
        ]);
      for (const address of addresses) {
        const { pathname, hash } = new URL(address);
        const text = texts.get(pathname) ?? (await textOf(request, pathname));
        texts.set(pathname, text);
        // Behind a slash stands a step of a figure.
        const [id] = hash.slice(1).split("/");
        const isThere = text !== undefined && (hash === "" || text.includes(`id="${id}"`));
        if (!isThere) broken.push(`${path} -> ${address}`);
      }
    }
    expect(broken).toEqual([]);
  });

  test("offers the way back to where one stopped, and so does the lecture", async ({ page }) => {
    await openLecture(page);
    await page
      .getByRole("heading", { name: "The verifier", exact: false, level: 2 })
      .scrollIntoViewIfNeeded();
    await page.getByRole("link", { name: VERIFIER }).click();
    await expect(contents(page).getByRole("link", { name: VERIFIER })).toHaveAttribute(
      "aria-current",
      "location",
    );
    await page.goto("/");
    const resume = page.getByRole("region", { name: /^Where you stopped/ });
    await expect(resume).toContainText("11 eBPF I, § 4 The verifier");
    await expect(resume.getByRole("link", { name: "Continue" })).toHaveAttribute(
      "href",
      `${LECTURE}#the-verifier`,
    );
    await openLecture(page);
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    await page.getByRole("link", { name: "Continue at § 4 The verifier" }).click();
    await expect(page.getByRole("heading", { name: "The verifier", level: 2 })).toBeInViewport();
  });
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("a lecture is complete: text, code, outputs, figures, formulas, exercises", async ({
    page,
  }) => {
    await page.goto(LECTURE);
    const main = page.getByRole("main");
    const text = (await main.textContent()) ?? "";
    expect(text.split(/\s+/).length).toBeGreaterThan(6000);
    await expect(main.getByRole("heading", { level: 2, name: /^\d/ })).toHaveCount(8);

    const cells = await page.getByRole("region", { name: /^Cell \d+$/ }).all();
    expect(cells.length).toBeGreaterThanOrEqual(10);
    for (const cell of cells) {
      await expect(cell.getByRole("group", { name: /^Code of cell/ })).not.toBeEmpty();
      await expect(cell.getByRole("group", { name: /^Output of cell/ })).not.toBeEmpty();
    }
    for (const figure of await main.getByRole("figure").all()) {
      await expect(figure).toContainText(/.{100}/);
    }
    expect(await main.locator(".katex math").count()).toBeGreaterThan(5);
    for (const title of ["Three small programs", "Make it pass", "Inside the verifier"]) {
      await expect(main.getByRole("region", { name: title })).toBeVisible();
    }
    await expect(contents(page).getByRole("link", { name: /^\d [A-Z]/ })).toHaveCount(8);
    await expect(contents(page).getByRole("link", { name: /^11\.\d [A-Z]/ })).toHaveCount(4);
  });

  test("nothing is offered that would do nothing", async ({ page }) => {
    await page.goto(LECTURE);
    await expect(page.getByRole("button", { name: /^(Run|Print|Theme|Notebook)/ })).toHaveCount(0);
  });

  test("the search is a page", async ({ page }) => {
    await page.goto("/");
    await page.getByRole("link", { name: "Search the course" }).click();
    await page.getByRole("searchbox").fill("tristate");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await expect(page.getByRole("status")).toHaveText(/place/);
    await page
      .getByRole("link", { name: /Known bits|known/ })
      .first()
      .click();
    await expect(page).toHaveURL(new RegExp(`${LECTURE}#`));
  });
});

test.describe("searching", () => {
  test("headings, prose and cells are found with the words marked", async ({ page }) => {
    await openHome(page);
    await page.getByRole("link", { name: "Search the course" }).click();
    const dialog = page.getByRole("dialog", { name: "Search the course" });
    await dialog.getByRole("searchbox").fill("interpreter and JIT");
    await expect(dialog.getByRole("link", { name: "Interpreter and JIT" })).toBeVisible();
    await dialog.getByRole("searchbox").fill("sched_switch");
    await expect(dialog.getByRole("link", { name: /^Cell 1:/ })).toBeVisible();
    await expect(dialog.locator("mark").first()).toBeVisible();
    await dialog.getByRole("searchbox").fill("qqqqqqqq");
    await expect(dialog.getByRole("status")).toHaveText("Nothing for “qqqqqqqq”");
  });

  test("arrows and Enter that come before the hits wait for them", async ({ page, context }) => {
    await openHome(page);
    await page.keyboard.press("/");
    const dialog = page.getByRole("dialog", { name: "Search the course" });
    await dialog.getByRole("searchbox").fill("interpreter");
    await expect(dialog.getByRole("link").first()).toBeVisible();
    const letAnswer = Promise.withResolvers<void>();
    await context.route("**/search/hits?q=*", async (route) => {
      await letAnswer.promise;
      await route.continue();
    });
    await dialog.getByRole("searchbox").fill("tristate");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("searchbox")).toBeFocused();
    letAnswer.resolve();
    // A whole lecture is loaded.
    await expect(page).toHaveURL(/\/lectures\/[^#]+/, { timeout: 30_000 });
  });

  test("a hit that has the focus and is found no more hands it to the first one", async ({
    page,
    context,
  }) => {
    await openHome(page);
    await page.keyboard.press("/");
    const dialog = page.getByRole("dialog", { name: "Search the course" });
    await dialog.getByRole("searchbox").fill("verifier");
    const letAnswer = Promise.withResolvers<void>();
    await expect(dialog.getByRole("link").first()).toBeVisible();
    await context.route("**/search/hits?q=*", async (route) => {
      await letAnswer.promise;
      await route.continue();
    });
    await dialog.getByRole("searchbox").fill("sched_switch");
    await dialog.getByRole("link").last().focus();
    letAnswer.resolve();
    await expect(dialog.getByRole("link", { name: /^Cell 1:/ })).toBeVisible();
    await expect(dialog.getByRole("link").first()).toBeFocused();
  });

  test("a dead network is said, and what is typed stays", async ({ page, context }) => {
    await openHome(page);
    await page.keyboard.press("/");
    const dialog = page.getByRole("dialog", { name: "Search the course" });
    await expect(dialog).toBeVisible();
    await context.setOffline(true);
    await dialog.getByRole("searchbox").fill("verifier");
    await expect(dialog.getByRole("status")).toContainText("cannot be reached");
    await expect(dialog.getByRole("searchbox")).toHaveValue("verifier");
  });
});

test("a reader gets through a lecture without a mouse", async ({ page }) => {
  await openLecture(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the text" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${LECTURE}#main`);

  await openLecture(page);
  const section = contents(page).getByRole("link", { name: VERIFIER });
  await tabTo(page, section);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "The verifier", level: 2 })).toBeInViewport();

  await page.keyboard.press("/");
  const dialog = page.getByRole("dialog", { name: "Search the course" });
  await expect(dialog.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("interpreter and JIT");
  // Hits of the first word may be in sight: the key waits for those of all three.
  await page.keyboard.press("ArrowDown");
  await expect(dialog.getByRole("link").first()).toBeFocused();
  const hit = dialog.getByRole("link", { name: "Interpreter and JIT" });
  await hit.focus();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Interpreter and JIT" })).toBeInViewport();

  const theme = page.getByRole("button", { name: /^Theme/ });
  await theme.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(theme).toHaveAccessibleName("Theme: dark");
});

test("a chosen theme comes with the page, before any script", async ({ page, context }) => {
  await page.goto("/");
  const theme = page.getByRole("button", { name: /^Theme/ });
  await theme.click();
  await theme.click();
  await expect(theme).toHaveAccessibleName("Theme: dark");
  await context.route("**/*.js", (route) => route.abort());
  await page.reload();
  expect(await lightness(page)).toBeLessThan(0.2);
});

test("on paper a lecture is a chapter: light, without controls, its notes in the margin", async ({
  page,
}) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await openLecture(page);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(await lightness(page)).toBeGreaterThan(0.9);
  await expect(page.getByRole("banner")).toBeHidden();
  await expect(contents(page)).toBeHidden();
  await expect(page.getByRole("button", { name: "Run cell 1", exact: true })).toBeHidden();
  await expect(page.getByRole("group", { name: "Code of cell 1", exact: true })).toBeVisible();
  const note = await page.getByRole("note").first().boundingBox();
  const paragraph = await page.getByRole("main").locator("p").nth(5).boundingBox();
  expect(note?.x ?? 0).toBeGreaterThan((paragraph?.x ?? 0) + (paragraph?.width ?? 0));
  const pdf = await page.pdf({ preferCSSPageSize: true });
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
});

test("a lecture can be taken along", async ({ page, request }) => {
  await page.goto(LECTURE);
  const address = (name: string) => page.getByRole("link", { name }).getAttribute("href");
  const notebook = await request.get((await address("notebook (.ipynb)")) ?? "");
  expect(await notebook.json()).toMatchObject({ nbformat: 4 });
  const cells = await request.get((await address("cells (.ts)")) ?? "");
  expect(await cells.text()).toContain("boot({ seed: 1 })");
});

test("who is offline is told that one may go on", async ({ page, context }) => {
  await openLecture(page);
  await context.setOffline(true);
  const notice = page.getByText("You are offline, and may go on.");
  await expect(notice).toBeVisible();
  await context.setOffline(false);
  await expect(notice).toHaveCount(0);
});

for (const path of ["/", LECTURE]) {
  test(`nothing moves on ${path}, from the first paint to the end of the page`, async ({
    page,
    context,
  }) => {
    await watchShifts(context);
    await openLecture(page);
    await page.getByRole("link", { name: VERIFIER }).click();
    await expect(contents(page).getByRole("link", { name: VERIFIER })).toHaveAttribute(
      "aria-current",
      "location",
    );
    await page.goto(path, { waitUntil: "networkidle" });
    await page.evaluate(() => document.fonts.ready);
    await page.mouse.move(600, 400);
    for (let screens = 0; screens < 200; screens++) {
      await page.mouse.wheel(0, 900);
      const isEnd = await page.evaluate(
        () => window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 1,
      );
      if (isEnd) break;
    }
    const shifts = await page.evaluate(() => (window as unknown as { shifts: Shift[] }).shifts);
    const total = shifts.reduce((sum, { value }) => sum + value, 0);
    // A font that comes after the first paint may be a pixel wider than its twin.
    expect(total, JSON.stringify(shifts)).toBeLessThan(0.005);
  });
}

for (const width of [360, 820, 1100, 1440]) {
  test(`no page scrolls sideways at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    for (const path of PAGES) {
      await page.goto(path);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, path).toBe(0);
    }
  });
}

for (const width of [360, 1440]) {
  test(`axe finds nothing at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    for (const path of PAGES) {
      await page.goto(path, { waitUntil: "networkidle" });
      expect(await axeFindings(page), path).toEqual([]);
    }
  });
}

/** What is there; undefined: nothing. */
async function textOf(request: APIRequestContext, path: string): Promise<string | undefined> {
  const answer = await request.get(path);
  return answer.ok() ? await answer.text() : undefined;
}

function contents(page: Page) {
  return page.getByRole("navigation", { name: "Contents of this lecture" });
}

/** Of the page's background, from 0 to 1. */
function lightness(page: Page): Promise<number> {
  return page.evaluate(() => {
    const [red = 0, green = 0, blue = 0] =
      getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number) ?? [];
    return (red + green + blue) / 3 / 255;
  });
}

interface Shift {
  readonly value: number;
  /** What moved. */
  readonly nodes: readonly string[];
}

/** Notes whatever moves by itself in `window.shifts`. */
async function watchShifts(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const shifts: Shift[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput, sources } = entry as PerformanceEntry & {
          value: number;
          hadRecentInput: boolean;
          sources: { node: Node | null }[];
        };
        if (hadRecentInput) continue;
        const nodes = sources.map(({ node }) => node?.nodeName + (node as Element)?.className);
        shifts.push({ value, nodes });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

async function tabTo(page: Page, target: ReturnType<Page["getByRole"]>): Promise<void> {
  for (let presses = 0; presses < 100; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("no way there by Tab");
}

/** The home page, once its scripts listen: the switch of the theme comes with them. */
async function openHome(page: Page): Promise<void> {
  await page.goto("/");
  await expect(page.getByRole("button", { name: /^Theme/ })).toBeVisible();
}
