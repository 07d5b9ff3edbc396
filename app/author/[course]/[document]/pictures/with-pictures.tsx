"use client";

import { type DragEvent, type ReactNode, useState } from "react";
import controls from "../../../../controls.module.css";
import { PICTURE_TYPES, type PictureTexts } from "./in-text.ts";
import { PictureForm } from "./picture-form.tsx";
import css from "./pictures.module.css";

interface WithPicturesProps {
  /** Whether the text may show pictures. */
  isOn: boolean;
  /** Names of the pictures that there are. */
  taken: readonly string[];
  /** Where pictures are sent to. */
  url: string;
  onAdd: (picture: PictureTexts, hash: string) => void;
  /** The text. */
  children: ReactNode;
}

/** A text that pictures can be pasted, dropped and chosen into. */
export function WithPictures({ isOn, taken, url, onAdd, children }: WithPicturesProps) {
  const [file, setFile] = useState<File>();
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const [found] = [...(files ?? [])].filter(({ type }) => type.startsWith("image/"));
    if (found !== undefined) setFile(found);
    return found !== undefined;
  };
  const over = (event: DragEvent) => {
    if (!isOn || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    setOver(true);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button does the same
    <div
      className={css["around"]}
      data-over={isOver || undefined}
      // Before the editor, which would take the file's name for text.
      onPasteCapture={(event) => {
        // What comes with text beside the picture, as from a table, is meant as text.
        if (!isOn || event.clipboardData.types.includes("text/plain")) return;
        if (!take(event.clipboardData.files)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
      onDragEnterCapture={over}
      onDragOverCapture={over}
      onDragLeave={() => setOver(false)}
      onDropCapture={(event) => {
        setOver(false);
        if (!isOn || !event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        event.stopPropagation();
        take(event.dataTransfer.files);
      }}
    >
      {file === undefined ? (
        <p className={css["bar"]} hidden={!isOn}>
          <label className={controls["button"]}>
            Add a picture
            <input
              type="file"
              accept={PICTURE_TYPES}
              className={controls["unseen"]}
              onChange={(event) => {
                take(event.target.files);
                event.target.value = "";
              }}
            />
          </label>
          <span>or paste or drop one into the text</span>
        </p>
      ) : (
        <PictureForm
          key={`${file.name} ${file.size} ${file.lastModified}`}
          file={file}
          // What stands in its fields is there again with the text's tab.
          isHidden={!isOn}
          taken={taken}
          url={url}
          onAdd={(picture, hash) => {
            setFile(undefined);
            onAdd(picture, hash);
          }}
          onLeave={() => setFile(undefined)}
        />
      )}
      {children}
    </div>
  );
}
