import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { withFileLock } from "../../operation/file-lock.ts";
import { postgresBinaries } from "./binaries.ts";
import {
  ClusterError,
  type ClusterName,
  type ClusterPlace,
  clusterPlace,
  clusterUrl,
  isCode,
} from "./place.ts";

/** A running PostgreSQL of our own. */
export interface Cluster {
  readonly place: ClusterPlace;
  /** The connection string of the database `kernelbook` in it. */
  readonly url: string;
}

/** Crash recovery of a large database takes its time; a healthy one is ready in 0.1 s. */
const READY_MS_MAX = 120_000;
const STOP_MS_MAX = 30_000;

/** Written once the database in it is made: until then even a running one is not to be used. */
const DATABASE_MARK = ".kernelbook-database";

/** Written last into the data folder: without it initdb was interrupted, and it begins again. */
const READY_MARK = ".kernelbook-ready";

/**
 * Starts the cluster, or takes over the one that a killed process left running. Several processes
 * may call this: the set-up starts it, the web process uses it.
 */
export async function startCluster(name: ClusterName): Promise<Cluster> {
  const place = clusterPlace(name);
  const cluster = { place, url: clusterUrl(place, "kernelbook") };
  const isMade = existsSync(join(place.data, DATABASE_MARK));
  if (isMade && runningPid(place) !== undefined && isReady(place)) return cluster;
  return withFileLock(join(dirname(place.data), "start.lock"), async () => {
    const bin = postgresBinaries(place);
    prepareFolders(place);
    initialise(place, bin);
    const isAdopted = runningPid(place) !== undefined;
    await untilReady(place, isAdopted ? undefined : await launch(place, bin, name));
    await createDatabase(place);
    return cluster;
  });
}

/** Stops the cluster cleanly; nothing happens when none runs. */
export async function stopCluster(name: ClusterName): Promise<void> {
  const place = clusterPlace(name);
  const pid = runningPid(place);
  if (pid === undefined) return;
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + STOP_MS_MAX;
  while (runningPid(place) !== undefined) {
    if (Date.now() > deadline)
      throw new ClusterError(`PostgreSQL ${pid} does not stop: see ${place.log}`);
    await delay(10);
  }
}

/** The process of this cluster; undefined when none runs, whatever an old pid file says. */
export function runningPid(place: ClusterPlace): number | undefined {
  const pid = Number(pidFile(place)[0]);
  return pid > 0 && isOurs(pid, place) ? pid : undefined;
}

/** A pid may belong to another program by now, and a zombie has no command line any more. */
function isOurs(pid: number, place: ClusterPlace): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return (command[0] ?? "").endsWith("postgres") && command.includes(place.data);
  } catch {
    return false;
  }
}

function isReady(place: ClusterPlace): boolean {
  return pidFile(place)[7]?.trim() === "ready";
}

function pidFile(place: ClusterPlace): string[] {
  try {
    return readFileSync(join(place.data, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

function prepareFolders(place: ClusterPlace): void {
  const folder = dirname(place.data);
  mkdirSync(folder, { recursive: true });
  mkdirSync(place.sockets, { recursive: true, mode: 0o700 });
  chmodSync(place.sockets, 0o700);
  if (place.owner === undefined) return;
  chmodSync(place.base, 0o755);
  for (const owned of [folder, place.sockets]) {
    chownSync(owned, place.owner.uid, place.owner.gid);
  }
}

function initialise(place: ClusterPlace, bin: string): void {
  if (existsSync(join(place.data, READY_MARK))) return;
  rmSync(place.data, { recursive: true, force: true });
  const made = runAsOwner(place, join(bin, "initdb"), [
    ...["-D", place.data, "-U", "kernelbook", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
  ]);
  if (made.status !== 0) {
    rmSync(place.data, { recursive: true, force: true });
    throw new ClusterError(`initdb could not make ${place.data}: ${reasonOf(made, place)}`);
  }
  writeFileSync(join(place.data, READY_MARK), "");
}

function runAsOwner(
  place: ClusterPlace,
  program: string,
  args: string[],
): SpawnSyncReturns<string> {
  // In `/`: the owner may not be allowed into our own working directory.
  return spawnSync(program, args, { ...place.owner, cwd: "/", encoding: "utf8" });
}

function reasonOf(run: SpawnSyncReturns<string>, { owner, base }: ClusterPlace): string {
  if (owner && isCode(run.error, "EACCES")) {
    return `the user with number ${owner.uid}, who runs PostgreSQL for root, may not enter ${base}: choose a folder that everybody may enter, KERNELBOOK_DATA=/var/lib/kernelbook`;
  }
  if (/No space left on device/.test(run.stderr)) {
    return "the disk is full: free some space and start again";
  }
  if (run.error) return run.error.message;
  const lines = run.stderr.split("\n").filter((line) => /error|fatal|could not/i.test(line));
  return lines.at(0)?.trim() ?? run.stderr.trim();
}

async function launch(place: ClusterPlace, bin: string, name: ClusterName): Promise<ChildProcess> {
  // Of a process that is gone. PostgreSQL itself would refuse when another program of the same
  // user has its number by now, as happens after a container was started again.
  rmSync(join(place.data, "postmaster.pid"), { force: true });
  rmSync(join(place.sockets, ".s.PGSQL.5432.lock"), { force: true });
  rmSync(join(place.sockets, ".s.PGSQL.5432"), { force: true });
  const log = openSync(place.log, "a");
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${place.sockets}`,
    "unix_socket_permissions=0700",
    "max_connections=100",
    // After a crash: one call for the whole disk in place of one for each of thousands of files.
    ...(process.platform === "linux" ? ["recovery_init_sync_method=syncfs"] : []),
    // A test's data need not survive a power cut.
    ...(name === "test" ? ["fsync=off", "full_page_writes=off"] : []),
  ];
  const server = spawn(
    join(bin, "postgres"),
    ["-D", place.data, ...settings.flatMap((setting) => ["-c", setting])],
    { ...place.owner, cwd: "/", detached: true, stdio: ["ignore", log, log] },
  );
  closeSync(log);
  server.unref();
  await new Promise<void>((started, failed) => {
    server.once("spawn", started);
    server.once("error", failed);
  });
  return server;
}

/** Waits for a server that we have launched, or for one that another process has. */
async function untilReady(place: ClusterPlace, server: ChildProcess | undefined): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  while (!(runningPid(place) !== undefined && isReady(place))) {
    const hasEnded = server !== undefined && (server.exitCode ?? server.signalCode) !== null;
    if (hasEnded || Date.now() > deadline) {
      throw new ClusterError(`PostgreSQL did not start: ${lastLines(place.log)}`);
    }
    await delay(10);
  }
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-3).join(" | ");
}

async function createDatabase(place: ClusterPlace): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl(place, "postgres") });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = 'kernelbook'");
    if (rowCount === 0) await client.query("CREATE DATABASE kernelbook");
    writeFileSync(join(place.data, DATABASE_MARK), "");
  } finally {
    await client.end();
  }
}
