import type { EditedFile } from "#server/authoring";
import author from "../../../author.module.css";
import css from "./pictures.module.css";

interface BytesViewProps {
  path: string;
  hash: string;
  /** That may show it. */
  text: EditedFile | undefined;
  /** Where pictures are asked for. */
  url: string;
}

/** A file that is no text. */
export function BytesView({ path, hash, text, url }: BytesViewProps) {
  const name = pictureIn(path);
  if (name === undefined) {
    return <p className={author["absent"]}>{path} is no text that can be edited here.</p>;
  }
  const isShown = text?.kind === "text" && text.text.includes(`file="${name}"`);
  return <PictureView url={url} name={name} hash={hash} isShown={isShown} />;
}

/** The picture's name; undefined for other files. */
export function pictureIn(path: string): string | undefined {
  return /^pictures\/([^/]+)$/.exec(path)?.[1];
}

interface PictureViewProps {
  /** Where pictures are asked for. */
  url: string;
  name: string;
  hash: string;
  /** Whether the text shows it. */
  isShown: boolean;
}

/** A file that is a picture, as it is. */
function PictureView({ url, name, hash, isShown }: PictureViewProps) {
  return (
    <div className={css["view"]}>
      {/* biome-ignore lint/performance/noImgElement: an author's file, drawn as it is */}
      <img src={`${url}/${encodeURIComponent(name)}?v=${hash.slice(0, 16)}`} alt={name} />
      <p>
        {isShown
          ? "The text shows it."
          : `The text does not show it: write <Picture file="${name}" alt="…" />, or remove the file.`}
      </p>
    </div>
  );
}
