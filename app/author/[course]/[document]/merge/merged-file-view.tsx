import type { FileState, MergedFile, MergePart } from "#server/authoring";
import author from "../../../author.module.css";
import css from "../../../diff.module.css";
import { DiffView } from "../../../diff-view.tsx";

/** One file of the three: what goes together by itself in a word, what does not as a choice. */
export function MergedFileView({ file, head }: { file: MergedFile; head: number }) {
  const { path } = file;
  return (
    <section>
      <h2>
        {path} <span>{file.kind === "decided" ? decidedText(file.state) : "choose"}</span>
      </h2>
      {file.kind === "whole" && (
        <Choices
          name={file.key}
          head={head}
          mine={wordOf(file.mine)}
          theirs={wordOf(file.theirs)}
        />
      )}
      {file.kind === "parts" &&
        file.parts.map((part) =>
          part.kind === "conflict" ? (
            <Conflict key={part.key} path={path} part={part} head={head} />
          ) : null,
        )}
    </section>
  );
}

interface ConflictProps {
  path: string;
  part: Extract<MergePart, { kind: "conflict" }>;
  head: number;
}

function Conflict({ path, part: { key, base, mine, theirs }, head }: ConflictProps) {
  return (
    <fieldset className={author["conflict"]}>
      <legend>Both have changed these lines</legend>
      <div className={author["sides"]}>
        <div>
          <h3>Your draft</h3>
          <DiffView path={path} before={base} after={mine} />
        </div>
        <div>
          <h3>Version {head}</h3>
          <DiffView path={path} before={base} after={theirs} />
        </div>
      </div>
      <details>
        <summary>As both began</summary>
        <pre className={css["diff"]}>{base === "" ? "Nothing stood here." : base}</pre>
      </details>
      <Choices name={key} head={head} hasBoth />
    </fieldset>
  );
}

interface ChoicesProps {
  name: string;
  head: number;
  mine?: string;
  theirs?: string;
  /** Whether one can stand after the other. */
  hasBoth?: boolean;
}

function Choices({ name, head, mine = "", theirs = "", hasBoth = false }: ChoicesProps) {
  const choices = [
    { value: "mine", text: `Mine${mine && `: ${mine}`}` },
    { value: "theirs", text: `That of version ${head}${theirs && `: ${theirs}`}` },
    ...(hasBoth ? [{ value: "both", text: "Both, mine first" }] : []),
  ];
  return (
    <p className={author["choices"]}>
      {choices.map(({ value, text }) => (
        <label key={value}>
          <input type="radio" name={`choice ${name}`} value={value} required /> {text}
        </label>
      ))}
    </p>
  );
}

function wordOf({ kind }: FileState): string {
  return kind === "absent" ? "removed" : "changed";
}

function decidedText({ kind }: FileState): string {
  return kind === "absent" ? "removed" : "goes together";
}
