import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runningPid, startCluster, stopCluster } from "../../server/db/embedded/cluster.ts";
import { clusterPlace } from "../../server/db/embedded/place.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kernelbook-cluster-"));
  chmodSync(folder, 0o755);
  vi.stubEnv("KERNELBOOK_DATA", folder);
});

afterEach(async () => {
  await stopCluster("site");
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test("several processes that start it at once share one", async () => {
  const urls = await Promise.all([startCluster("site"), startCluster("site")]);
  expect(new Set(urls.map(({ url }) => url)).size).toBe(1);
  expect(await answer(urls[0].url)).toEqual([{ one: 1 }]);
});

test("it listens on a socket only, so that two sites never meet", async () => {
  const { place } = await startCluster("site");
  const status = readFileSync(`/proc/${runningPid(place)}/net/tcp`, "utf8");
  const listening = status.split("\n").filter((line) => / 0A /.test(line));
  const ports = listening.map((line) => Number.parseInt(line.split(":")[2] ?? "", 16));
  expect(ports).not.toContain(5432);
  expect(existsSync(join(place.sockets, ".s.PGSQL.5432"))).toBe(true);
});

test("a database that was being made when the process was killed is made anew", async () => {
  const { place } = await startCluster("site");
  await stopCluster("site");
  rmSync(join(place.data, ".kernelbook-ready"));
  rmSync(join(place.data, "global"), { recursive: true });
  const { url } = await startCluster("site");
  expect(await answer(url)).toEqual([{ one: 1 }]);
});

test("an old pid file whose number another program has by now is no obstacle", async () => {
  const { place } = await startCluster("site");
  const pid = runningPid(place);
  const left = readFileSync(join(place.data, "postmaster.pid"), "utf8");
  await stopCluster("site");
  writeFileSync(join(place.data, "postmaster.pid"), left.replace(String(pid), String(process.pid)));
  writeFileSync(join(place.sockets, ".s.PGSQL.5432.lock"), `${process.pid}\n`);
  expect(runningPid(place)).toBeUndefined();
  const { url } = await startCluster("site");
  expect(await answer(url)).toEqual([{ one: 1 }]);
});

test("a folder too deep for a socket's address gets its sockets elsewhere", async () => {
  vi.stubEnv("KERNELBOOK_DATA", join(folder, "deep".repeat(20)));
  const { place, url } = await startCluster("site");
  expect(Buffer.byteLength(join(place.sockets, ".s.PGSQL.5432.lock"))).toBeLessThanOrEqual(107);
  expect(await answer(url)).toEqual([{ one: 1 }]);
  await stopCluster("site");
  rmSync(place.sockets, { recursive: true, force: true });
});

test("what was stored survives kill -9", async () => {
  const { place, url } = await startCluster("site");
  const client = await connected(url);
  // The killed server ends this connection; that is the point.
  client.on("error", () => {});
  await client.query("CREATE TABLE kept AS SELECT 7 AS number");
  const pid = runningPid(place);
  if (pid === undefined) throw new Error("PostgreSQL does not run");
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(runningPid(clusterPlace("site"))).toBeUndefined());
  const again = await startCluster("site");
  expect(await query(again.url, "SELECT number FROM kept")).toEqual([{ number: 7 }]);
});

function answer(url: string): Promise<unknown[]> {
  return query(url, "SELECT 1 AS one");
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = await connected(url);
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
