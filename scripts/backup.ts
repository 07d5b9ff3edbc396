/** `npm run backup -- [FILE]` writes the whole database into one file while the site goes on. */
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { backup } from "../server/db/backup/backup.ts";
import { dataFolder } from "../server/db/embedded/place.ts";
import { withDatabase } from "./with-database.ts";

const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
const fallback = join(dataFolder(), "backups", `kernelbook-${stamp}.backup`);
const file = resolve(process.argv[2] ?? fallback);
mkdirSync(dirname(file), { recursive: true });
const counts = await withDatabase((url) => backup(url, file));
for (const [table, count] of Object.entries(counts)) console.log(`${table}: ${count} rows`);
console.log(file);
