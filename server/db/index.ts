export { db, disconnect, type Tx, transaction } from "./client.ts";
export { Prisma } from "./generated/client.ts";
