/** All versions of a document, and what differs between two of them. */
import { filesOf } from "../content/store.ts";
import type { Tx } from "../db/index.ts";

export interface ListedVersion {
  readonly id: string;
  readonly number: number;
  readonly message: string;
  readonly author: string | undefined;
  readonly at: Date;
  readonly origin: "site" | "folder";
  /** When readers have seen it for the first time. */
  readonly publishedAt: Date | undefined;
  /** How many files differ from the version before. */
  readonly changed: number;
}

/** The newest first. */
export async function versionsOf(tx: Tx, documentId: string): Promise<readonly ListedVersion[]> {
  const found = await tx.contentVersion.findMany({
    where: { documentId },
    orderBy: { number: "desc" },
    select: {
      id: true,
      number: true,
      message: true,
      origin: true,
      createdAt: true,
      files: true,
      author: { select: { name: true } },
      publications: { orderBy: { id: "asc" }, take: 1, select: { publishedAt: true } },
    },
  });
  return found.map(({ id, number, message, origin, createdAt, files, author, publications }, n) => {
    const now = filesOf(files);
    const before = filesOf(found[n + 1]?.files ?? {});
    const names = new Set([...now.keys(), ...before.keys()]);
    return {
      id,
      number,
      message,
      origin,
      author: author?.name,
      at: createdAt,
      publishedAt: publications[0]?.publishedAt,
      changed: [...names].filter((name) => now.get(name) !== before.get(name)).length,
    };
  });
}
