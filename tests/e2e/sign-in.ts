import { expect, type Page } from "playwright/test";

/** Enters as a demo account, by its first name, and goes to `path`. */
export async function signInAs(
  page: Page,
  name: "Mira" | "Bao" | "Elin" | "Henrik" | "Ada",
  path = "/",
): Promise<void> {
  await page.goto(`/signin?from=${encodeURIComponent(path)}`);
  await page.getByRole("button", { name: `Enter as ${name}` }).click();
  // A machine that is busy with other tests may take its time.
  await expect(page).toHaveURL(path, { timeout: 30_000 });
}
