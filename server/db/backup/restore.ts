import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { type Migration, migrate, migrations } from "../migrate.ts";
import { type BackupHead, END_OF_BACKUP, END_OF_ROWS, type RowCounts } from "./backup.ts";
import { type BackupTable, columnList, quoted, siteTables } from "./tables.ts";

/** A backup that cannot be restored here; the message says why and what to do. */
export class RestoreError extends Error {}

interface RestoreOptions {
  /** Throws away what the database holds; without it only an empty one is filled. */
  readonly replace?: boolean;
  /** The migrations of this version. */
  readonly wanted?: readonly Migration[];
}

/**
 * Fills a database from a backup. Its tables are made as they were when the backup was taken, get
 * the rows, and go through the later migrations with them, as they would have in an upgrade. A file
 * that turns out to be broken leaves an empty database.
 */
export async function restore(
  url: string,
  file: string,
  { replace = false, wanted = migrations() }: RestoreOptions = {},
): Promise<RowCounts> {
  await readThrough(file);
  const lines = linesOf(file);
  const head = await readHead(lines);
  const known = wanted.findIndex(({ name }) => name === head.migration);
  if (known < 0) {
    throw new RestoreError(
      `the backup was taken at migration ${head.migration}, which this version does not know: restore it with the version that took it, or a newer one`,
    );
  }
  await clear(url, replace);
  await migrate(url, wanted.slice(0, known + 1));
  const counts = await fill(url, lines);
  await migrate(url, [...wanted]);
  return counts;
}

type Lines = AsyncIterator<string>;

function linesOf(file: string): Lines {
  const unpacked = createGunzip();
  const source = createReadStream(file);
  // Errors reach the reader of the lines through the unpacked stream.
  source.once("error", (error) => unpacked.destroy(error));
  const input = source.pipe(unpacked);
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
}

/** Before anything is touched: the file is there, whole and ours. */
async function readThrough(file: string): Promise<void> {
  let last = "";
  try {
    await pipeline(createReadStream(file), createGunzip(), async (pieces) => {
      for await (const piece of pieces) last = (last + piece.toString("latin1")).slice(-64);
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RestoreError(`${file} cannot be read as a backup: ${reason}`);
  }
  if (!last.endsWith(`${END_OF_BACKUP}\n`)) {
    throw new RestoreError(`${file} is cut short: take another backup`);
  }
}

async function readHead(lines: Lines): Promise<BackupHead> {
  const head: BackupHead = JSON.parse(await nextLine(lines));
  if (head.format === "kernelbook-backup-1") return head;
  throw new RestoreError("the file is no backup of Kernelbook");
}

async function clear(url: string, replace: boolean): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ others: number }>(
      `SELECT count(*)::int AS others FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    if (rows[0]?.others !== 0) {
      throw new RestoreError("the site or a grader still uses the database: stop it first");
    }
    if (!replace) {
      const filled = await firstFilledTable(client);
      if (filled !== undefined) {
        throw new RestoreError(
          `the database is not empty (${filled} has rows): take a backup of it, then run the same command with --replace`,
        );
      }
    }
    // Waiting grading jobs go with it: graders find submissions without a result by themselves.
    await client.query("DROP SCHEMA IF EXISTS pgboss CASCADE");
    await client.query("DROP SCHEMA public CASCADE");
    await client.query("CREATE SCHEMA public");
  });
}

async function firstFilledTable(client: pg.Client): Promise<string | undefined> {
  for (const { table } of await siteTables(client)) {
    const { rowCount } = await client.query(`SELECT FROM ${quoted(table)} LIMIT 1`);
    if (rowCount !== 0) return table;
  }
  return undefined;
}

async function fill(url: string, lines: Lines): Promise<RowCounts> {
  return withClient(url, async (client) => {
    await client.query("BEGIN");
    const counts: RowCounts = {};
    for (;;) {
      const line = await nextLine(lines);
      if (line === END_OF_BACKUP) break;
      const table: BackupTable = JSON.parse(line);
      const copy = client.query(
        copyFrom(`COPY ${quoted(table.table)} (${columnList(table)}) FROM STDIN`),
      );
      await pipeline(Readable.from(rowsOf(lines)), copy);
      counts[table.table] = copy.rowCount;
    }
    await client.query("COMMIT");
    return counts;
  });
}

async function* rowsOf(lines: Lines): AsyncGenerator<string> {
  for (;;) {
    const line = await nextLine(lines);
    if (line === END_OF_ROWS) return;
    yield `${line}\n`;
  }
}

async function nextLine(lines: Lines): Promise<string> {
  const { done, value } = await lines.next();
  if (done) throw new RestoreError("the backup ends too early");
  return value;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
