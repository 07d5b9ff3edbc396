import type pg from "pg";

/** One table as a backup holds it. */
export interface BackupTable {
  readonly table: string;
  /** Named, since a later version may have put others between them. */
  readonly columns: readonly string[];
}

/** All tables of the site, each after those that it refers to. */
export async function siteTables(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable>(
    `SELECT table_name AS table, array_agg(column_name::text ORDER BY ordinal_position) AS columns
     FROM information_schema.columns
     JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
       AND table_name <> '_prisma_migrations'
     GROUP BY table_name ORDER BY table_name`,
  );
  const { rows: references } = await client.query<{ from: string; to: string }>(
    `SELECT source.relname AS from, target.relname AS to
     FROM pg_constraint
     JOIN pg_class source ON source.oid = conrelid
     JOIN pg_class target ON target.oid = confrelid
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid`,
  );
  return inOrderOfReference(rows, references);
}

function inOrderOfReference(
  tables: readonly BackupTable[],
  references: readonly { from: string; to: string }[],
): BackupTable[] {
  const ordered: BackupTable[] = [];
  const waiting = new Set(tables);
  while (waiting.size > 0) {
    const free = [...waiting].filter(({ table }) =>
      references.every(({ from, to }) => from !== table || !names(waiting).has(to)),
    );
    if (free.length === 0) {
      throw new Error(`tables refer to each other in a circle: ${[...names(waiting)].join(", ")}`);
    }
    for (const table of free) waiting.delete(table);
    ordered.push(...free);
  }
  return ordered;
}

function names(tables: ReadonlySet<BackupTable>): Set<string> {
  return new Set([...tables].map(({ table }) => table));
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function columnList({ columns }: BackupTable): string {
  return columns.map(quoted).join(", ");
}
