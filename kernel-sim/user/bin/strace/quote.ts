const ESCAPES: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** Bytes as a C string in double quotes, three points behind what was cut off. */
export function quote(bytes: Uint8Array, isCut: boolean): string {
  let text = "";
  bytes.forEach((byte, at) => {
    const named = ESCAPES[byte];
    if (named !== undefined) text += named;
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else {
      // Before another digit an octal number needs all three.
      const next = bytes[at + 1] ?? 0;
      text += `\\${byte.toString(8).padStart(next >= 48 && next <= 57 ? 3 : 1, "0")}`;
    }
  });
  return `"${text}"${isCut ? "..." : ""}`;
}
