"use client";

import { useEffect, useState } from "react";
import { showAsPrinted } from "./as-printed.ts";

/** As whom, or on what, one looks at the page. */
export type ReaderView = "student" | "reader" | "print";

export function useReaderView() {
  const [reader, setReader] = useState<ReaderView>("student");
  useEffect(() => (reader === "print" ? showAsPrinted(document) : undefined), [reader]);
  return [reader, setReader] as const;
}
