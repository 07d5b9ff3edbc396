import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { checkout, config } from "../../config.ts";

/** Which cluster: the site's own, or the one of the tests, which runs beside it. */
export type ClusterName = "site" | "test";

/** The user that PostgreSQL runs as when we are root, whom it refuses. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The embedded PostgreSQL cannot run; the message says why and what to do. */
export class ClusterError extends Error {}

/** Where one embedded cluster keeps everything. */
export interface ClusterPlace {
  readonly base: string;
  /** Database files; exists only when complete (see `.kernelbook-ready` in it). */
  readonly data: string;
  readonly sockets: string;
  readonly log: string;
  /** Undefined when PostgreSQL runs as the user who started us. */
  readonly owner: Owner | undefined;
}

/** A path in a socket address has at most 107 bytes; the longest name in the folder needs this. */
const SOCKET_FOLDER_BYTES_MAX = 107 - "/.s.PGSQL.5432.lock".length;

export function clusterPlace(name: ClusterName): ClusterPlace {
  const isRoot = process.getuid?.() === 0;
  const isElsewhere = isRoot && config().dataDir === undefined;
  const base = isElsewhere ? `/var/lib/kernelbook/${checkoutId()}` : dataFolder();
  const folder = join(base, name);
  return {
    base,
    data: join(folder, "data"),
    sockets: socketFolder(join(folder, "run")),
    log: join(folder, "postgres.log"),
    owner: isRoot ? postgresUser() : undefined,
  };
}

/** The connection string of a database in the cluster. */
export function clusterUrl(place: ClusterPlace, database: string): string {
  return `postgresql://kernelbook@localhost/${database}?host=${encodeURIComponent(place.sockets)}`;
}

/** Where the site keeps what is its own: `.data` in the checkout, or KERNELBOOK_DATA. */
export function dataFolder(): string {
  const folder = config().dataDir ?? join(checkout(), ".data");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * A random name kept in the checkout. Not its path: a clone made again at the same place would get
 * back the data of the deleted one, perhaps with migrations that it does not know.
 */
function checkoutId(): string {
  const file = join(dataFolder(), "id");
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    const id = randomBytes(6).toString("hex");
    try {
      writeFileSync(file, `${id}\n`, { flag: "wx" });
      return id;
    } catch (error) {
      // Another process was faster.
      if (isCode(error, "EEXIST")) return readFileSync(file, "utf8").trim();
      throw error;
    }
  }
}

function socketFolder(wanted: string): string {
  if (Buffer.byteLength(wanted) <= SOCKET_FOLDER_BYTES_MAX) return wanted;
  const hash = createHash("sha256").update(wanted).digest("hex").slice(0, 10);
  return join(tmpdir(), `kernelbook-${userInfo().uid}-${hash}`);
}

/** initdb wants a user with an entry in passwd: our own, or `nobody` where none can be made. */
function postgresUser(): Owner {
  const known = lookUp("kernelbook");
  if (known) return known;
  spawnSync("useradd", [
    "--system",
    "--no-create-home",
    "--shell",
    "/usr/sbin/nologin",
    "kernelbook",
  ]);
  const found = lookUp("kernelbook") ?? lookUp("nobody");
  if (found) return found;
  throw new ClusterError(
    "PostgreSQL does not run as root, and no system user could be made: run `useradd --system kernelbook`, or start as an ordinary user",
  );
}

function lookUp(name: string): Owner | undefined {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** True for an error of the operating system with this code. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
