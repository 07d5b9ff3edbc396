import pg from "pg";

/** Counts of tries change with whoever comes. */
const LEFT_OUT = ["RateLimit"];

/**
 * What a database holds, as one text that changes with anything that is stored. Triggers name the
 * tables that were touched, so that only those are read again: a walk asks thousands of times.
 */
export class Fingerprint {
  readonly #client: pg.Client;
  readonly #hashes = new Map<string, string>();

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(databaseUrl: string): Promise<Fingerprint> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ($1)",
      [LEFT_OUT],
    );
    await client.query(WATCH + rows.map(({ name }) => watchOne(name)).join("\n"));
    await client.query("INSERT INTO walk.touched SELECT unnest($1::text[])", [
      rows.map(({ name }) => name),
    ]);
    return new Fingerprint(client);
  }

  async take(): Promise<string> {
    // What is stored but not yet committed stays for the next time.
    const { rows } = await this.#client.query<{ name: string }>(
      "WITH gone AS (DELETE FROM walk.touched RETURNING name) SELECT DISTINCT name FROM gone",
    );
    for (const { name } of rows) {
      const { rows: hashed } = await this.#client.query<{ hash: string }>(
        `SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') AS hash FROM "${name}" t`,
      );
      this.#hashes.set(name, hashed[0]?.hash ?? "");
    }
    const sorted = [...this.#hashes].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([name, hash]) => `${name} ${hash}`).join("\n");
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

const WATCH = `
CREATE SCHEMA walk;
CREATE TABLE walk.touched (name text NOT NULL);
CREATE FUNCTION walk.touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO walk.touched VALUES (TG_TABLE_NAME);
  RETURN NULL;
END $$;
`;

function watchOne(name: string): string {
  return `CREATE TRIGGER walk_touch AFTER INSERT OR UPDATE OR DELETE ON "${name}" FOR EACH STATEMENT EXECUTE FUNCTION walk.touch();`;
}
