import { PrismaPg } from "@prisma/adapter-pg";
import { config } from "../config.ts";
import { type Prisma, PrismaClient } from "./generated/client.ts";

/** Everything that a query may do inside one transaction. */
export type Tx = Prisma.TransactionClient;

/** A web process opens this many connections at most; PostgreSQL allows 100 by default. */
const CONNECTIONS_MAX = 10;

// One for the process: Next's bundles and the server around them each load this module anew.
const KEPT = Symbol.for("kernelbook.db");
const kept = globalThis as { [KEPT]?: PrismaClient };

/** The database. Made at first use, so that building the site needs none. */
export function db(): PrismaClient {
  kept[KEPT] ??= connect();
  return kept[KEPT];
}

/** Runs `work` in one transaction: all of it is stored, or nothing when it throws. */
export function transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return db().$transaction(work, { maxWait: 10_000, timeout: 20_000 });
}

/** Closes all connections. */
export async function disconnect(): Promise<void> {
  await kept[KEPT]?.$disconnect();
  delete kept[KEPT];
}

function connect(): PrismaClient {
  const { databaseUrl } = config();
  if (databaseUrl === undefined) {
    throw new Error("no database: DATABASE_URL is not set, and `npm start` has not started one");
  }
  return new PrismaClient({
    adapter: new PrismaPg({ connectionString: databaseUrl, max: CONNECTIONS_MAX }),
  });
}
