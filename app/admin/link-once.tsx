"use client";

import { useState } from "react";

/** A link that sets a password, shown this once, to be handed over. */
export function LinkOnce({ name, link }: { name: string; link: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(link);
    setIsCopied(true);
  };
  return (
    <>
      Hand this to {name}; it sets a password, once, within two days, and is shown only now:{" "}
      <code>{link}</code>{" "}
      <button type="button" onClick={() => copy().catch(() => setIsCopied(false))}>
        {isCopied ? "Copied" : "Copy"}
      </button>
    </>
  );
}
