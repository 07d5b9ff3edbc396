export { db, type Tx, transaction } from "./client.ts";
export { Prisma } from "./generated/client.ts";
