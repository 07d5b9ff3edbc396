"use client";

import { fontClassName } from "./fonts.ts";
import "./tokens.css";
import "./base.css";
import ErrorPage from "./error.tsx";

interface GlobalErrorProps {
  error: Error & { digest?: string };
  reset: () => void;
}

/** Stands in the place of everything when not even the bar could be made. */
export default function GlobalError(props: GlobalErrorProps) {
  return (
    <html lang="en" className={fontClassName}>
      <body>
        <title>Something of ours broke · Kernelbook</title>
        <ErrorPage {...props} />
      </body>
    </html>
  );
}
