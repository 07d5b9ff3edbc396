/** What the server does not have yet, kept on this device: nothing typed is lost with a tab. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { TypedFile } from "./draft-saver.ts";

interface Kept {
  /** Of the draft that it was typed on top of. */
  readonly revision: number;
  /** Number of the version that it was typed over; undefined in what was kept before it was noted. */
  readonly base?: number | undefined;
  readonly files: readonly TypedFile[];
}

interface AuthoringDb extends DBSchema {
  unsaved: { key: string; value: Kept };
}

let opened: Promise<IDBPDatabase<AuthoringDb>> | undefined;

/** One for the page, so that what is kept first is stored first. */
function database(): Promise<IDBPDatabase<AuthoringDb>> {
  opened ??= openDB<AuthoringDb>("kernelbook-authoring", 1, {
    upgrade: (db) => void db.createObjectStore("unsaved"),
  });
  return opened;
}

/** A device without storage keeps nothing, and types as well. */
export async function keptHere(key: string): Promise<Kept | undefined> {
  try {
    return await (await database()).get("unsaved", key);
  } catch {
    return undefined;
  }
}

export async function keepHere(key: string, kept: Kept): Promise<void> {
  try {
    const db = await database();
    if (kept.files.length === 0) await db.delete("unsaved", key);
    else await db.put("unsaved", kept, key);
  } catch {
    // Without storage the server's copy, a pause later, is the only one.
  }
}
