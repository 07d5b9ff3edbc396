import type { LecturePicture } from "#notebook/document";
import css from "./picture.module.css";
import { WithCode } from "./with-code.tsx";

/** The attributes that a lecture gives to a picture, checked when it was read. */
export interface PictureInText {
  file: string;
  alt: string;
  caption?: string;
}

interface PictureProps extends PictureInText {
  /** Of all pictures beside the lecture. */
  pictures: readonly LecturePicture[];
  /** The address that their names stand under. */
  home: string;
}

/** A picture of a text; in words alone where its file is missing. */
export function Picture({ file, alt, caption, pictures, home }: PictureProps) {
  const picture = pictures.find((one) => one.file === file);
  return (
    <figure className={css["picture"]}>
      {picture === undefined ? (
        <p className={css["missing"]}>{alt}</p>
      ) : (
        // biome-ignore lint/performance/noImgElement: authors' files, drawn as they are
        <img
          src={`${home}/${encodeURIComponent(file)}?v=${picture.version}`}
          alt={alt}
          width={picture.width}
          height={picture.height}
          loading="lazy"
          decoding="async"
        />
      )}
      {caption !== undefined && (
        <figcaption>
          <WithCode text={caption} />
        </figcaption>
      )}
    </figure>
  );
}
