import { createWriteStream, renameSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { databaseVersion } from "../migrate.ts";
import { columnList, quoted, siteTables } from "./tables.ts";

/** The first line of a backup. */
export interface BackupHead {
  readonly format: "kernelbook-backup-1";
  readonly migration: string;
  readonly takenAt: string;
}

/** Ends the rows of a table, as in PostgreSQL's own text format: no row can look like this. */
export const END_OF_ROWS = "\\.";

/** The last line: without it the file is cut short. */
export const END_OF_BACKUP = "--- end of backup ---";

/** What a backup holds: rows by table. */
export type RowCounts = Record<string, number>;

/**
 * Writes everything in the database, as it is at one moment, into a compressed file; people may go
 * on working meanwhile. The file appears under its name only when it is complete.
 */
export async function backup(url: string, file: string): Promise<RowCounts> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const draft = `${file}.part`;
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const counts = await writeTo(client, draft);
    renameSync(draft, file);
    return counts;
  } finally {
    await client.end();
    rmSync(draft, { force: true });
  }
}

async function writeTo(client: pg.Client, file: string): Promise<RowCounts> {
  const counts: RowCounts = {};
  const target = createWriteStream(file, { mode: 0o600 });
  await pipeline(Readable.from(content(client, counts)), createGzip(), target);
  return counts;
}

async function* content(client: pg.Client, counts: RowCounts): AsyncGenerator<string | Buffer> {
  const migration = await databaseVersion(client);
  if (migration === undefined) throw new Error("the database has no tables of Kernelbook");
  const takenAt = new Date().toISOString();
  const head: BackupHead = { format: "kernelbook-backup-1", migration, takenAt };
  yield `${JSON.stringify(head)}\n`;
  for (const table of await siteTables(client)) {
    yield `${JSON.stringify(table)}\n`;
    const rows = client.query(
      copyTo(`COPY (SELECT ${columnList(table)} FROM ${quoted(table.table)}) TO STDOUT`),
    );
    yield* rows;
    counts[table.table] = rows.rowCount;
    yield `${END_OF_ROWS}\n`;
  }
  yield `${END_OF_BACKUP}\n`;
}
