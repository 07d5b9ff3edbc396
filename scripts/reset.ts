/** `npm run -s db:reset` empties the embedded database of this checkout and migrates it again. */
import pg from "pg";
import { startCluster } from "../server/db/embedded/cluster.ts";
import { migrate } from "../server/db/migrate.ts";

const { url } = await startCluster("site");
const client = new pg.Client({ connectionString: url });
await client.connect();
await client.query("DROP SCHEMA IF EXISTS pgboss CASCADE");
await client.query("DROP SCHEMA IF EXISTS public CASCADE");
await client.query("CREATE SCHEMA public");
await client.end();
await migrate(url);
console.log("the embedded database is empty and migrated; a running site needs a restart");
