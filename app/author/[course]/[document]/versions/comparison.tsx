import type { EditedFile } from "#server/authoring";
import author from "../../../author.module.css";
import { DiffView } from "../../../diff-view.tsx";
import { pictureIn } from "../pictures/picture-view.tsx";
import css from "./versions.module.css";

interface Side {
  readonly number: number;
  readonly files: readonly EditedFile[];
}

interface ComparisonProps {
  from: Side;
  to: Side;
  /** Of the page of versions. */
  url: string;
}

/** What differs between two versions, file by file. */
export function Comparison({ from, to, url }: ComparisonProps) {
  const before = new Map(from.files.map((file) => [file.path, file]));
  const after = new Map(to.files.map((file) => [file.path, file]));
  const paths = [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => !isSame(before.get(path), after.get(path)))
    .sort();
  return (
    <section className={author["part"]}>
      <h2>
        From version {from.number} to version {to.number}
        <span>{differing(paths.length)}</span>
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
              <Pictures path={path} sides={[old && from, fresh && to]} url={url} />
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

interface PicturesProps {
  path: string;
  /** Before and after; undefined: the file is not there. */
  sides: readonly [Side | undefined, Side | undefined];
  url: string;
}

/** A picture as it was beside what it has become; of other bytes only that they differ. */
function Pictures({ path, sides, url }: PicturesProps) {
  const name = pictureIn(path);
  if (name === undefined) return <p>No text: its bytes differ.</p>;
  return (
    <div className={css["sides"]}>
      {sides.map((side, place) => {
        const when = place === 0 ? "before" : "after";
        if (side === undefined) return <p key={when}>Not there {when}.</p>;
        const src = `${url}/${side.number}/pictures/${encodeURIComponent(name)}`;
        return (
          <figure key={when}>
            {/* biome-ignore lint/performance/noImgElement: authors' pictures are sent as they are */}
            <img src={src} alt={`${name} in version ${side.number}`} />
            <figcaption>Version {side.number}</figcaption>
          </figure>
        );
      })}
    </div>
  );
}

function differing(files: number): string {
  if (files === 0) return "nothing differs";
  return files === 1 ? "1 file differs" : `${files} files differ`;
}
