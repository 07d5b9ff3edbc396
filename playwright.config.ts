import { defineConfig } from "playwright/test";
import { chromiumOptions } from "./tests/chromium.ts";

const PROMPT = "prompt.spec.ts";

export default defineConfig({
  testDir: "tests/e2e",
  testMatch: "**/*.spec.ts",
  globalSetup: "./tests/e2e/global-setup.ts",
  outputDir: "test-results",
  // They wait more than they compute: three of them keep two cores busy.
  workers: 3,
  fullyParallel: false,
  retries: 0,
  // Generous: the cores of a shared machine may be busy with other work.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  projects: [
    { name: "browser", testIgnore: PROMPT },
    // What must be prompt is not looked at while others keep the cores busy.
    { name: "alone", testMatch: PROMPT, dependencies: ["browser"] },
  ],
  use: {
    // Set by the global set-up, which starts a site unless BASE_URL names one.
    baseURL: process.env["BASE_URL"],
    launchOptions: chromiumOptions(),
    trace: "retain-on-failure",
  },
});
