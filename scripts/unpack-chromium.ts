/** Unpacks the Chromium that came with npm into a folder; a process of its own, see below. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: unpack-chromium.ts FOLDER");
mkdirSync(folder, { recursive: true });
// The package unpacks to the folder for temporary files, and its libraries only where it believes
// to be at home. Both are read at import, and it changes the environment for every later program.
process.env["TMPDIR"] = folder;
process.env["AWS_LAMBDA_JS_RUNTIME"] = "nodejs22.x";
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
// Its own configuration looks for its fonts in fixed places, and without any font a text field ends
// the browser. The folder moves after this, so nothing in the file is absolute.
writeFileSync(
  join(folder, "fonts/fonts.conf"),
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`,
);
