import type { RemoteNotebook } from "./drafts.ts";
import type { NotebookPorts } from "./notebook.ts";
import type { LectureCell } from "./session-cell.ts";

interface ReaderPorts {
  /** Who is signed in; undefined: nobody. */
  readonly reader?: string | undefined;
  readonly remote?: RemoteNotebook | undefined;
}

/** The browser as a notebook needs it. What is heavy is fetched when it is first asked for. */
export function browserPorts(
  slug: string,
  cells: readonly LectureCell[],
  { reader, remote }: ReaderPorts = {},
): NotebookPorts {
  return {
    remote,
    async loadCellTypes() {
      const answer = await fetch("/cell-types");
      return answer.ok ? await answer.text() : "";
    },
    async openSandbox() {
      const { openSandbox } = await import("./sandbox/index.ts");
      return openSandbox();
    },
    async openDrafts() {
      const { openReaderDrafts } = await import("./reader-drafts.ts");
      return openReaderDrafts(slug, cells, reader);
    },
  };
}
