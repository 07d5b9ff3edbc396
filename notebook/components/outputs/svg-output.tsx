"use client";

import { useEffect, useState } from "react";
import css from "./outputs.module.css";

interface SvgOutputProps {
  svg: string;
  /** Says what the picture shows. */
  text: string;
}

/**
 * A picture that a cell drew. As an image it can run no script and load nothing, which inline it
 * could. The server sends it as a data address, the page replaces that by a blob.
 */
export function SvgOutput({ svg, text }: SvgOutputProps) {
  const [url, setUrl] = useState(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`);
  useEffect(() => {
    const blob = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    setUrl(blob);
    return () => URL.revokeObjectURL(blob);
  }, [svg]);
  // Next's image component is for files of the site.
  // biome-ignore lint/performance/noImgElement: a blob
  return <img className={css["picture"]} src={url} alt={text} />;
}
