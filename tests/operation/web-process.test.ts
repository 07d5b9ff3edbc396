import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { freePort, type Site, startSite } from "../site.ts";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

// A site takes ten seconds of processor time to start: what can be seen of one is seen of one.
test("health, readiness and metrics answer, the last only here; SIGTERM ends the process cleanly, and its PostgreSQL with it", async () => {
  const { site, postgres } = await anEmbeddedSite();
  const { url } = site;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ kind: "ready" });
  const metrics = await fetch(`${url}/metrics`);
  expect(await metrics.text()).toContain('kernelbook_http_request_seconds_count{method="GET"');
  const forwarded = { "x-forwarded-for": "203.0.113.9" };
  expect((await fetch(`${url}/metrics`, { headers: forwarded })).status).toBe(404);
  const database = postgres();
  site.process.kill("SIGTERM");
  const [code] = await once(site.process, "exit");
  expect(code).toBe(0);
  expect(isAlive(database)).toBe(false);
});

test("a PostgreSQL that dies under the running site comes back, and lectures are read meanwhile; after kill -9 of the web process the next one takes it over", async () => {
  const { site, postgres, folder } = await anEmbeddedSite();
  const before = postgres();
  process.kill(before, "SIGKILL");
  await vi.waitFor(
    async () => {
      const [other, lecture] = await Promise.all([
        fetch(`${site.url}/`),
        fetch(`${site.url}/lectures/11-ebpf-1-machine`),
      ]);
      expect([other.status, lecture.status]).toEqual([503, 200]);
      expect(other.headers.get("refresh")).toBe("1");
      expect(await other.text()).toContain("database is starting again");
    },
    { timeout: 5000, interval: 10 },
  );
  await vi.waitFor(
    async () => {
      expect(postgres()).not.toBe(before);
      expect((await fetch(`${site.url}/readyz`)).status).toBe(200);
    },
    { timeout: 30_000, interval: 100 },
  );
  expect(site.log()).toContain("PostgreSQL has died");

  const after = postgres();
  site.process.kill("SIGKILL");
  await once(site.process, "exit");
  const second = await anEmbeddedSite(folder);
  expect(second.postgres()).toBe(after);
  expect((await fetch(`${second.site.url}/readyz`)).status).toBe(200);
});

test("behind a proxy nobody is kept waiting by a process that starts: it takes no connection; with a token, metrics want it from everybody", async () => {
  const port = await freePort();
  const url = `http://localhost:${port}/`;
  const answers: number[] = [];
  let isStarting = true;
  const env = { KERNELBOOK_PROXY: "1", KERNELBOOK_METRICS_TOKEN: "let-me-see" };
  const site = aSite({ ...env, PORT: String(port) }).finally(() => {
    isStarting = false;
  });
  let refused = 0;
  while (isStarting) {
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === undefined) refused++;
    else answers.push(status);
    await delay(10);
  }
  await site;
  expect(refused).toBeGreaterThan(0);
  expect(answers.filter((status) => status !== 200)).toEqual([]);
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(`${url}metrics`)).status).toBe(404);
  const authorization = "Bearer let-me-see";
  expect((await fetch(`${url}metrics`, { headers: { authorization } })).status).toBe(200);
});

test("a taken port is told with the next step", async () => {
  const port = await freePort();
  const other = createServer();
  other.listen(port);
  await once(other, "listening");
  undo.push(() => other.close());
  await expect(aSite({ PORT: String(port) })).rejects.toThrow(
    `Port ${port} is taken by another program. Choose another one: PORT=${port + 1} npm start`,
  );
});

test.each([
  { env: { KERNELBOOK_DEMO: "0", KERNELBOOK_SECRET: "" }, says: "KERNELBOOK_SECRET is not set" },
  { env: { KERNELBOOK_SECRET: "short" }, says: "KERNELBOOK_SECRET has 5 characters" },
  { env: { KERNELBOOK_DEMO: "yes" }, says: "KERNELBOOK_DEMO is yes: write 1 or 0" },
  {
    env: { DATABASE_URL: "postgresql://nobody@127.0.0.1:9/none" },
    says: "The database cannot be used",
  },
])("wrong settings are refused: $says", async ({ env, says }) => {
  await expect(aSite(env)).rejects.toThrow(says);
});

async function aSite(env: Record<string, string> = {}): Promise<Site> {
  const site = await startSite(env);
  undo.push(site.stop);
  return site;
}

/** A site with an embedded PostgreSQL of its own in a new folder, or in one that is there. */
async function anEmbeddedSite(given?: string) {
  const folder = given ?? mkdtempSync(join(tmpdir(), "kernelbook-site-"));
  if (given === undefined) undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const site = await aSite({ DATABASE_URL: "", KERNELBOOK_DATA: folder });
  const pidFile = join(folder, "site/data/postmaster.pid");
  const postgres = () => {
    // The file is missing for a moment while PostgreSQL starts again.
    const read = spawnSync("head", ["-1", pidFile], { encoding: "utf8" });
    return Number(read.stdout) || 0;
  };
  return { site, folder, postgres };
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
