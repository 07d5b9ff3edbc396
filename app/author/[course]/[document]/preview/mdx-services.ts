import type { MdxServices } from "#notebook/components/editor";
import type { TextProblem, Vocabulary } from "#notebook/document";

/** What the editor of one file asks: `file` is `lecture.mdx` or `task.mdx`. */
export function mdxServices(course: string, documentId: string, file: string): MdxServices {
  const document = `/author/${encodeURIComponent(course)}/${documentId}`;
  return {
    vocabulary: () => asked<Vocabulary>(`${document}/words`),
    loadCellTypes: async () => {
      const answer = await fetch("/cell-types");
      return answer.ok ? await answer.text() : "";
    },
    async problems(text) {
      const body = JSON.stringify({ files: { [file]: text }, known: [], wants: "problems" });
      const init = { method: "POST", body, headers: { "content-type": "application/json" } };
      const { problems } = await asked<Problems>(`${document}/reading`, init);
      return problems.filter((problem) => problem.file === undefined || problem.file === file);
    },
  };
}

interface Problems {
  /** Those of an exercise name their file. */
  readonly problems: readonly (TextProblem & { readonly file?: string })[];
}

async function asked<T>(url: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return (await answer.json()) as T;
}
