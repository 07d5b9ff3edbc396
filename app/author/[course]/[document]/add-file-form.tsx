"use client";

import { useId, useState } from "react";
import controls from "../../../controls.module.css";
import author from "../../author.module.css";

interface AddFileFormProps {
  paths: readonly string[];
  /** What a new file's name begins with. */
  start: string;
  onAdd: (path: string) => void;
}

const NAME =
  /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\.(?:mdx|md|ts|yaml|json|txt)$/;

/** Begins a new text file of the document, as a further mutant. */
export function AddFileForm({ paths, start, onAdd }: AddFileFormProps) {
  const [problem, setProblem] = useState<string>();
  const message = useId();
  return (
    <details className={author["addFile"]}>
      <summary>Add a file</summary>
      <form
        action={(form) => {
          const path = String(form.get("path") ?? "").trim();
          const because = paths.includes(path)
            ? `There is a file ${path} already: choose another name.`
            : NAME.test(path)
              ? undefined
              : "Write a name like mutants/off-by-one.ts.";
          setProblem(because);
          if (because === undefined) onAdd(path);
        }}
      >
        <label>
          Name <input name="path" defaultValue={start} required aria-describedby={message} />
        </label>
        <button type="submit" className={controls["button"]}>
          Add
        </button>
        <span id={message} role="status">
          {problem}
        </span>
      </form>
    </details>
  );
}
