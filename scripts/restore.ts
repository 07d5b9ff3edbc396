/** `npm run restore -- FILE [--replace]` fills the database from a backup; stop the site first. */
import { resolve } from "node:path";
import { RestoreError, restore } from "../server/db/backup/restore.ts";
import { withDatabase } from "./with-database.ts";

const file = process.argv.slice(2).find((argument) => !argument.startsWith("--"));
if (file === undefined) {
  console.error("usage: npm run restore -- FILE [--replace]");
  process.exit(2);
}
try {
  const replace = process.argv.includes("--replace");
  const counts = await withDatabase((url) => restore(url, resolve(file), { replace }));
  for (const [table, count] of Object.entries(counts)) console.log(`${table}: ${count} rows`);
  console.log(`restored from ${file}`);
} catch (error) {
  if (!(error instanceof RestoreError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
