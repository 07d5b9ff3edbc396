import type { Licence, UnixSystem } from "#notebook/document";

/** Terms in words, in the order of the key. */
export const LICENCES: Readonly<Record<Licence, string>> = {
  closed: "closed",
  licensee: "source for licensees",
  restricted: "published, not free",
  permissive: "free, may become closed",
  copyleft: "free, stays free",
  mixed: "free below, closed above",
};

/** The terms under which a system began. */
export function firstLicence({ licences }: UnixSystem): Licence {
  return licences[0]?.licence ?? "closed";
}

/** A system as a sentence or two: what a screen reader hears, and a line of the figure's text. */
export function describeSystem(system: UnixSystem): string {
  const { name, date, parents, ideas, note, open } = system;
  const from = parents.length > 0 ? ` From ${parents.join(", ")}.` : "";
  const like = ideas.length > 0 ? ` After ${ideas.join(", ")}, without its text.` : "";
  const unsure = open === undefined ? "" : ` Open: ${open}.`;
  return `${date}: ${name}.${from}${like} ${termsOf(system)}. ${note}${unsure}`.trim();
}

/** Terms at the beginning and today: "source for licensees; since 2002 free, may become closed". */
export function termsOf(system: UnixSystem): string {
  const [first, ...later] = system.licences;
  const begun = first === undefined ? "" : LICENCES[first.licence];
  return [begun, ...later.map(({ from, licence }) => `since ${from} ${LICENCES[licence]}`)].join(
    "; ",
  );
}
