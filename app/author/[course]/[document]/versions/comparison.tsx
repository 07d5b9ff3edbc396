import type { EditedFile } from "#server/authoring";
import author from "../../../author.module.css";
import { DiffView } from "../../../diff-view.tsx";

interface Side {
  readonly number: number;
  readonly files: readonly EditedFile[];
}

/** What differs between two versions, file by file. */
export function Comparison({ from, to }: { from: Side; to: Side }) {
  const before = new Map(from.files.map((file) => [file.path, file]));
  const after = new Map(to.files.map((file) => [file.path, file]));
  const paths = [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => !isSame(before.get(path), after.get(path)))
    .sort();
  return (
    <section className={author["part"]}>
      <h2>
        From version {from.number} to version {to.number}
        <span>{paths.length === 0 ? "nothing differs" : `${paths.length} files differ`}</span>
      </h2>
      {paths.map((path) => {
        const [old, fresh] = [before.get(path), after.get(path)];
        return (
          <section key={path}>
            <h3>
              {path}
              {old === undefined && ", added"}
              {fresh === undefined && ", removed"}
            </h3>
            {old?.kind === "bytes" || fresh?.kind === "bytes" ? (
              <p>No text: its bytes differ.</p>
            ) : (
              <DiffView path={path} before={old?.text ?? ""} after={fresh?.text ?? ""} />
            )}
          </section>
        );
      })}
    </section>
  );
}

function isSame(a: EditedFile | undefined, b: EditedFile | undefined): boolean {
  if (a?.kind === "text") return b?.kind === "text" && a.text === b.text;
  return a?.kind === "bytes" && b?.kind === "bytes" && a.hash === b.hash;
}
