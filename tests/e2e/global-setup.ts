import { startSite } from "../site.ts";

/** Starts one site for all browser tests, unless BASE_URL names one that runs already. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env["BASE_URL"] !== undefined) return undefined;
  const site = await startSite();
  process.env["BASE_URL"] = site.url;
  return site.stop;
}
