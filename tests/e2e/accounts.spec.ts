import { expect, test } from "playwright/test";
import { signInAs } from "./sign-in.ts";

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a demo account is entered, and the way back is kept", async ({ page }) => {
    await page.goto("/signin?from=/%3Fasked%3D1");
    await page.getByRole("button", { name: "Enter as Mira" }).click();
    await expect(page).toHaveURL("/?asked=1");
    await page.goto("/signin");
    await expect(page).toHaveURL("/");
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
