import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import type * as Bindings from "@prisma/schema-engine-wasm";
import { startCluster } from "../server/db/embedded/cluster.ts";

/**
 * The SQL that leads from one Prisma schema to another; "" when they agree. `from` undefined is an
 * empty database. Prisma's own engine works it out, compiled to WebAssembly: the usual one would
 * have to be downloaded.
 */
export async function diffSchemas(from: string | undefined, to: string): Promise<string> {
  const bindings = await loadEngine();
  // The engine insists on a connection, and then reads nothing through it.
  const { url } = await startCluster("test");
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url }));
  const engine = await bindings.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter);
  try {
    const { stdout } = await engine.diff({
      from: from === undefined ? { tag: "empty" } : asTarget(from),
      to: asTarget(to),
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    const sql = stdout ?? "";
    return /^\s*(-- This is an empty migration\.)?\s*$/.test(sql) ? "" : sql;
  } finally {
    engine.free();
  }
}

function asTarget(schema: string): Bindings.DiffTarget {
  return { tag: "schemaDatamodel", files: [{ path: "schema.prisma", content: schema }] };
}

async function loadEngine(): Promise<typeof Bindings> {
  const require = createRequire(import.meta.url);
  const file = require.resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const bindings = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const bytes = readFileSync(file.replace(/\.js$/, ".wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, { "./schema_engine_bg.js": bindings });
  bindings.__wbg_set_wasm(instance.exports);
  const begin = instance.exports["__wbindgen_start"];
  if (typeof begin !== "function") throw new Error("the schema engine has no start");
  begin();
  return bindings;
}
