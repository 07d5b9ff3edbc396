import { defineConfig } from "playwright/test";
import { chromiumOptions } from "./tests/chromium.ts";

export default defineConfig({
  testDir: "tests/e2e",
  testMatch: "**/*.spec.ts",
  globalSetup: "./tests/e2e/global-setup.ts",
  outputDir: "test-results",
  // Two browsers beside the site and its graders are enough for two cores.
  workers: 2,
  fullyParallel: false,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  use: {
    // Set by the global set-up, which starts a site unless BASE_URL names one.
    baseURL: process.env["BASE_URL"],
    launchOptions: chromiumOptions(),
    trace: "retain-on-failure",
  },
});
