/** Charts as markup, drawn on the server by Observable Plot: who reads a page fetches no script for them. */
import "server-only";
import { type Markish, plot, type ScaleOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";

interface Chart {
  /** What it shows, for who does not see it; the numbers stand in its table. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly x: ScaleOptions;
  readonly y: ScaleOptions;
  readonly marks: readonly Markish[];
}

/** An `svg` element that has the colours of the page around it. */
export function drawChart({ label, left, marks, ...options }: Chart): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const svg = plot({
    // Of a document Plot asks for elements alone, which this one has.
    document: document as unknown as Document,
    ...options,
    ...{ marginLeft: left, marginRight: 0, marginTop: 8, marginBottom: 24 },
    marks: [...marks],
  });
  // Plot's rules would shrink it to the width of a phone, with its letters.
  svg.querySelector("style")?.remove();
  // Plot names its groups, too; but what has no role may have no name, and the whole is one picture.
  for (const group of svg.querySelectorAll("[aria-label]")) group.removeAttribute("aria-label");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return svg.outerHTML;
}
