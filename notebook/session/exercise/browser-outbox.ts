import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { markKept } from "./kept-mark.ts";
import type { KeptSubmission, OutboxStore } from "./outbox.ts";

interface OutboxDb extends DBSchema {
  submissions: { key: string; value: KeptSubmission };
}

/** This browser's store of submissions without an answer; all tabs share it. */
export class BrowserOutbox implements OutboxStore {
  #database: Promise<IDBPDatabase<OutboxDb>> | undefined;

  async put(submission: KeptSubmission): Promise<void> {
    markKept(submission.exercise, true);
    await (await this.#open()).put("submissions", submission);
  }

  async remove(clientKey: string): Promise<void> {
    const database = await this.#open();
    const gone = await database.get("submissions", clientKey);
    await database.delete("submissions", clientKey);
    const left = await database.getAll("submissions");
    if (gone !== undefined && !left.some(({ exercise }) => exercise === gone.exercise)) {
      markKept(gone.exercise, false);
    }
  }

  async all(): Promise<readonly KeptSubmission[]> {
    const all = await (await this.#open()).getAll("submissions");
    return all.sort((a, b) => a.at - b.at);
  }

  #open(): Promise<IDBPDatabase<OutboxDb>> {
    this.#database ??= openDB<OutboxDb>("kernelbook-outbox", 1, {
      upgrade(db) {
        db.createObjectStore("submissions", { keyPath: "clientKey" });
      },
    });
    return this.#database;
  }
}
