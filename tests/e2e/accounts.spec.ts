import { type Browser, expect, type Page, test } from "playwright/test";
import { axeFindings } from "./axe.ts";
import { cell, code, LECTURE, openLecture, rewrite } from "./notebook-page.ts";
import { signInAs } from "./sign-in.ts";

const PASSWORD = "a password of the tests";

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a demo account is entered, and the way back is kept", async ({ page }) => {
    await page.goto("/signin?from=/%3Fasked%3D1");
    await page.getByRole("button", { name: "Enter as Mira" }).click();
    await expect(page).toHaveURL("/?asked=1");
    await page.goto("/signin");
    await expect(page).toHaveURL("/");
  });

  test("the bar's link leads back to the page that it stood on", async ({ page }) => {
    await page.goto(LECTURE);
    await page.getByRole("link", { name: "Sign in", exact: true }).first().click();
    await page.getByRole("button", { name: "Enter as Bao" }).click();
    await expect(page).toHaveURL(LECTURE);
  });

  test("a wrong password is told beside the field, which keeps the name", async ({ page }) => {
    await page.goto("/signin");
    await page.getByLabel("User name").fill("mira.kovac");
    await page.getByLabel("Password").fill("not her password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("do not match")).toBeVisible();
    await expect(page.getByLabel("User name")).toHaveValue("mira.kovac");
  });
});

test("a demo account is entered by mouse, and the session is an HttpOnly cookie", async ({
  page,
  context,
}) => {
  await signInAs(page, "Henrik", "/?asked=1");
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", secure: false, path: "/" });
});

test("signing in and out needs no mouse", async ({ page }) => {
  const username = await signUp(page);
  await tabTo(page, /your account$/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: "Account" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("link", { name: "Account" })).toBeHidden();
  await page.keyboard.press("Enter");
  await tabTo(page, /^Sign out$/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^Sign in$/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/signin");
  await tabTo(page, /^User name or e-mail/);
  await page.keyboard.type(username);
  await page.keyboard.press("Tab");
  await page.keyboard.type("not the password");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: "do not match" })).toBeVisible();
  await tabTo(page, /^Password$/);
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/");
  await expect(page.getByRole("button", { name: "your account" })).toBeVisible();
});

test("what is typed on one device is there on another", async ({ page, browser }) => {
  test.slow();
  const username = await signUp(page, LECTURE);
  await openLecture(page);
  await rewrite(page, 2, "const typed = 'on the first device'");
  await expect(cell(page, 2)).toContainText(", saved");
  const other = await signedInElsewhere(browser, username);
  await expect(code(other, 2)).toContainText("on the first device");
  await rewrite(other, 2, "const typed = 'on the second device'");
  await expect(cell(other, 2)).toContainText(", saved");
  await page.reload();
  await expect(code(page, 2)).toContainText("on the second device");
  await other.context().close();
});

test("what was typed before signing in becomes the reader's, and nobody else's", async ({
  page,
}) => {
  test.slow();
  await openLecture(page);
  await rewrite(page, 2, "const typed = 'signed out'");
  await expect(cell(page, 2)).toContainText("kept on this device");
  const username = await signUp(page, LECTURE);
  await openLecture(page);
  await expect(code(page, 2)).toContainText("signed out");
  await signOut(page);
  await openLecture(page);
  await expect(code(page, 2)).not.toContainText("signed out");
  await signUp(page, LECTURE);
  await openLecture(page);
  await expect(code(page, 2)).not.toContainText("signed out");
  await signOut(page);
  await signIn(page, username);
  await openLecture(page);
  await expect(code(page, 2)).toContainText("signed out");
});

test("the administrator changes a role and takes it back by keys alone", async ({ page }) => {
  const username = await signUp(page);
  await signOut(page);
  await signInAs(page, "Ada", "/admin");
  await page.getByLabel("Name, user name or address").fill(username);
  await page.keyboard.press("Enter");
  const grid = page.getByRole("grid", { name: "People" });
  await expect(grid.getByRole("row")).toHaveCount(2);
  await tabTo(page, new RegExp(`^${username}$`));
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  const role = page.getByLabel(`${username} in Demo run`);
  await expect(role).toBeFocused();
  await page.keyboard.press("t");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("status").filter({ hasText: ": TA" })).toBeVisible();
  await expect(role).toHaveValue("ta");
  await tabTo(page, /^Undo$/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "student again" })).toBeVisible();
  await expect(role).toHaveValue("student");
});

test("a reset link from the administrator lets a person in who forgot the password", async ({
  page,
}) => {
  const username = await signUp(page);
  await signOut(page);
  await signInAs(page, "Ada", `/admin?q=${username}`);
  await page.getByRole("button", { name: `Reset link for ${username}` }).click();
  const link = await page.getByRole("status").locator("code").textContent();
  await signOut(page);
  await page.goto(new URL(link ?? "").pathname);
  await page.locator("[name=next]").fill("a new password of the tests");
  await page.locator("[name=again]").fill("a new password of the tests");
  await page.getByRole("button", { name: "Set password and sign in" }).click();
  await expect(page).toHaveURL("/");
  await page.goto("/account");
  await expect(page.getByText(`Signed in as ${username}`)).toBeVisible();
});

for (const width of [1440, 360]) {
  test(`pages of accounts are accessible at ${width} px`, async ({ page }) => {
    test.slow();
    await page.setViewportSize({ width, height: 900 });
    for (const path of ["/signin", "/signup", "/reset/unknown"]) await isAccessible(page, path);
    await signUp(page);
    await isAccessible(page, "/account");
    await isAccessible(page, "/admin");
    await signOut(page);
    await signInAs(page, "Ada", "/admin");
    await page.getByRole("button", { name: "your account" }).click();
    await isAccessible(page);
  });
}

/** axe finds nothing, and the page is no wider than the screen. */
async function isAccessible(page: Page, path?: string): Promise<void> {
  if (path !== undefined) await page.goto(path);
  expect(await axeFindings(page), page.url()).toEqual([]);
  const excess = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(excess).toBe(0);
}

/** Makes an account and answers its user name, which is also the person's name. */
async function signUp(page: Page, from = "/"): Promise<string> {
  const username = `p${crypto.randomUUID().slice(0, 8)}`;
  await page.goto(`/signup?from=${encodeURIComponent(from)}`);
  await page.getByLabel("Name", { exact: true }).fill(username);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("E-mail address").fill(`${username}@example.edu`);
  await page.locator("[name=next]").fill(PASSWORD);
  await page.locator("[name=again]").fill(PASSWORD);
  await page.getByRole("button", { name: "Make the account" }).click();
  await expect(page).toHaveURL(from);
  return username;
}

async function signIn(page: Page, username: string): Promise<void> {
  await page.goto(`/signin?from=${LECTURE}`);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(LECTURE);
}

async function signOut(page: Page): Promise<void> {
  await page.goto("/account");
  await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/");
}

/** Another browser in which the person is signed in and has the lecture open. */
async function signedInElsewhere(browser: Browser, username: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, username);
  await openLecture(page);
  return page;
}

/** Presses Tab until the focus is on what is called `name`. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  await expect(async () => {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null;
      return element?.getAttribute("aria-label") ?? label ?? element?.textContent ?? "";
    });
    expect(focused.trim()).toMatch(name);
  }).toPass({ intervals: [0], timeout: 15_000 });
}
