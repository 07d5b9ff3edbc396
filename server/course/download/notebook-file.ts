/** A lecture in Jupyter's format, nbformat 4.5, with its stored outputs. */
import type { Cell, Output } from "#notebook/document";
import type { PlacedLecture } from "../course-check.ts";
import type { Origin } from "./download.ts";

interface NotebookCell {
  readonly cell_type: "markdown" | "code";
  readonly id: string;
  readonly metadata: object;
  readonly source: readonly string[];
}

interface CodeCell extends NotebookCell {
  readonly execution_count: number | null;
  readonly outputs: readonly object[];
}

export interface NotebookFile {
  readonly nbformat: 4;
  readonly nbformat_minor: 5;
  readonly metadata: object;
  readonly cells: readonly (NotebookCell | CodeCell)[];
}

/** The lecture's parts in their order, under a head with its title and goals. */
export function notebookFile({ document, parts }: PlacedLecture, origin: Origin): NotebookFile {
  const taken = new Set(document.cells.map(({ id }) => id));
  let texts = 0;
  const markdown = (text: string): NotebookCell => {
    do texts += 1;
    while (taken.has(`text-${texts}`));
    const placed = text
      .replaceAll("](#", `](${origin.url}#`)
      .replaceAll("](pictures/", `](${origin.url}/pictures/`);
    const source = linesOf(placed);
    return { cell_type: "markdown", id: `text-${texts}`, metadata: {}, source };
  };
  const { title } = document.frontMatter;
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      title,
      language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/x.typescript" },
    },
    cells: [
      markdown(headOf(document.frontMatter, origin)),
      ...parts.flatMap((part) => {
        if (part.kind === "markdown") return [markdown(part.text)];
        if (part.kind === "exercise") {
          const link = `${origin.url}#exercise-${part.id}`;
          return [markdown(`**Exercise** [${origin.titleOf(part.id)}](${link})`)];
        }
        const cell = document.cells.find(({ id }) => id === part.id);
        return cell === undefined ? [] : [codeCell(cell)];
      }),
    ],
  };
}

function headOf(
  { title, number, subtitle, summary, goals }: PlacedLecture["document"]["frontMatter"],
  { url }: Origin,
): string {
  const under = [number, subtitle].filter((part) => part !== undefined).join(", ");
  const list = goals.map((goal) => `- ${goal}`).join("\n");
  return `# ${title}\n\n${under}. ${summary}\n\n${list}\n\nThe cells run at <${url}>.`;
}

function codeCell({ id, number, title, source, storedOutputs }: Cell): CodeCell {
  const hasRun = storedOutputs.length > 0;
  return {
    cell_type: "code",
    id,
    metadata: title === undefined ? {} : { title },
    execution_count: hasRun ? number : null,
    outputs: storedOutputs.map((output) => outputOf(output, number)),
    source: linesOf(source),
  };
}

function outputOf(output: Output, count: number): object {
  switch (output.kind) {
    case "stream":
      return { output_type: "stream", name: output.stream, text: linesOf(output.text) };
    case "display":
      return { output_type: "display_data", data: output.bundle, metadata: {} };
    case "result": {
      const data = output.bundle;
      return { output_type: "execute_result", execution_count: count, data, metadata: {} };
    }
    case "error": {
      const { name: ename, message: evalue, frames } = output;
      const traceback = frames.map((at) => `cell ${at.cellId}, line ${at.line}`);
      return { output_type: "error", ename, evalue, traceback };
    }
    case "truncated": {
      const text = [`… ${output.omittedBytes} bytes are left out\n`];
      return { output_type: "stream", name: "stderr", text };
    }
  }
}

/** Each with its line break, as Jupyter writes them. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/).filter((line) => line !== "");
}
