/** Asks what becomes of documents that two sides have changed. */
import { createInterface } from "node:readline/promises";

export type Side = "folder" | "site";

export interface Undecided {
  /** The document's folder in the course; "" for the shared files. */
  readonly path: string;
  /** Both sides, to be read. */
  readonly difference: string;
}

/** By the documents' folders; undefined: stop, and change nothing. Without a terminal `take` decides. */
export async function decide(
  documents: readonly Undecided[],
  take: Side | undefined,
): Promise<ReadonlyMap<string, Side> | undefined> {
  const decisions = new Map<string, Side>();
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  for (const { path, difference } of documents) {
    console.log(`\n${difference}`);
    const side = take ?? (isTerminal ? await ask(titleOf(path)) : undefined);
    if (side !== undefined) decisions.set(path, side);
    else if (isTerminal) return undefined;
  }
  return decisions.size === documents.length ? decisions : undefined;
}

/** Whether this is what `--take` may say. */
export function isSide(given: string | undefined): given is Side | undefined {
  return given === undefined || given === "folder" || given === "site";
}

export function titleOf(path: string): string {
  return path === "" ? "the shared files" : path;
}

async function ask(title: string): Promise<Side | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (;;) {
      const question = `${title}: take the folder's (f), the site's (s), or stop (q)? `;
      const answer = (await lines.question(question)).trim().toLowerCase();
      if (["f", "folder"].includes(answer)) return "folder";
      if (["s", "site"].includes(answer)) return "site";
      if (["q", "stop", "quit"].includes(answer)) return undefined;
    }
  } finally {
    lines.close();
  }
}
