/**
 * What graders tell while they work, over a channel of PostgreSQL: whichever process grades, every
 * web process hears it. Nothing of it is stored; who missed it finds the result in the database.
 */
import pg from "pg";
import { z } from "zod";
import type { TestProgress } from "#notebook/document";
import { config } from "../config.ts";
import { db, type Tx } from "../db/client.ts";
import { log } from "../operation/log.ts";
import type { GradingJob } from "./queue.ts";
import type { Verdicts } from "./result.ts";

const CHANNEL = "kernelbook_progress";
const RETRY_LISTEN_MS = 2000;
/** PostgreSQL carries less than 8000 bytes in one notification. */
const TESTS_MAX = 60;

/** A grader has begun, a test has ended, or the result is stored. */
export type GradingNews =
  | { readonly kind: "running"; readonly tests: readonly TestProgress[] }
  | { readonly kind: "graded" };

const News = z.object({
  submissionId: z.string(),
  news: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("running"),
      tests: z.array(z.object({ id: z.string(), passed: z.boolean() })),
    }),
    z.object({ kind: z.literal("graded") }),
  ]),
});

/** Tells all web processes; inside a transaction they hear it when it is committed. */
async function tellProgress(tx: Tx, submissionId: string, news: GradingNews): Promise<void> {
  const text = JSON.stringify({ submissionId, news });
  await tx.$executeRaw`SELECT pg_notify(${CHANNEL}, ${text})`;
}

/** Tells of the tests that have ended; a run does not wait for it, nor fail with it. */
function tellVerdicts(submissionId: string, verdicts: Verdicts): void {
  const tests = [...verdicts.values()].map(({ id, passed }) => ({ id, passed }));
  tellProgress(db(), submissionId, { kind: "running", tests: tests.slice(0, TESTS_MAX) }).catch(
    (error: unknown) => log.warn({ err: error }, "progress cannot be told"),
  );
}

/** What the student hears of a job; nothing of a dry run, whose result is no grade of theirs. */
export function storyOf({
  submissionId,
  isDry = false,
}: Pick<GradingJob, "submissionId" | "isDry">) {
  return {
    verdicts: (verdicts: Verdicts): void => {
      if (!isDry) tellVerdicts(submissionId, verdicts);
    },
    graded: async (tx: Tx): Promise<void> => {
      if (!isDry) await tellProgress(tx, submissionId, { kind: "graded" });
    },
  };
}

type Listener = (news: GradingNews) => void;

// One for the process: Next's bundles and the server around them each load this module anew.
const KEPT = Symbol.for("kernelbook.progress");
const kept = globalThis as { [KEPT]?: Ear };

/** Hears what is told of one submission from now on; answers what ends it. */
export function followProgress(submissionId: string, listener: Listener): () => void {
  kept[KEPT] ??= new Ear();
  return kept[KEPT].follow(submissionId, listener);
}

export async function closeProgress(): Promise<void> {
  await kept[KEPT]?.close();
  delete kept[KEPT];
}

/** One connection that listens, as long as somebody follows anything. */
class Ear {
  readonly #listeners = new Map<string, Set<Listener>>();
  #client: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;

  follow(submissionId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(submissionId) ?? new Set();
    this.#listeners.set(submissionId, listeners.add(listener));
    if (this.#client === undefined) void this.#listen();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(submissionId);
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    clearTimeout(this.#retry);
    await this.#client?.end().catch(() => undefined);
  }

  async #listen(): Promise<void> {
    clearTimeout(this.#retry);
    const client = new pg.Client({ connectionString: config().databaseUrl });
    this.#client = client;
    const lost = (): void => {
      if (this.#client !== client) return;
      client.removeAllListeners();
      client.on("error", () => undefined);
      void client.end().catch(() => undefined);
      this.#client = undefined;
      if (this.#listeners.size === 0) return;
      this.#retry = setTimeout(() => void this.#listen(), RETRY_LISTEN_MS);
    };
    client.on("notification", ({ payload }) => this.#hear(payload ?? ""));
    client.on("error", lost);
    client.on("end", lost);
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch {
      lost();
    }
  }

  #hear(payload: string): void {
    const { data } = News.safeParse(parsed(payload));
    if (data === undefined) return;
    for (const listener of this.#listeners.get(data.submissionId) ?? []) listener(data.news);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
