import type { Element, Root, RootContent } from "hast";
import type { LectureDocument } from "#notebook/document";

/** A part of a lecture under one heading of the second degree, as the contents list it. */
export interface Section {
  readonly id: string;
  /** 1-based. */
  readonly number: number;
  readonly title: string;
  readonly cellIds: readonly string[];
  readonly exerciseIds: readonly string[];
}

/** The lecture's sections in order, each with the cells and exercises that stand in it. */
export function sectionsOf({ headings, body }: LectureDocument): readonly Section[] {
  const titles = new Map(headings.filter(isSection).map(({ id, text }) => [id, text]));
  const sections: { id: string; cellIds: string[]; exerciseIds: string[] }[] = [];
  for (const element of body.children.filter(isElement)) {
    const id = String(element.properties["id"] ?? "");
    if (element.tagName === "h2" && titles.has(id)) {
      sections.push({ id, cellIds: [], exerciseIds: [] });
    }
    if (element.tagName === "kb-cell") sections.at(-1)?.cellIds.push(id);
    if (element.tagName === "kb-exercise") sections.at(-1)?.exerciseIds.push(id);
  }
  return sections.map((section, index) => ({
    ...section,
    number: index + 1,
    title: titles.get(section.id) ?? "",
  }));
}

/** The opening paragraph stands in the lecture's head, the rest below it. */
export function splitLead(body: Root): { readonly lead: Root; readonly rest: Root } {
  const at = body.children.findIndex((node) => isElement(node));
  const first = body.children[at];
  const isLead = first !== undefined && isElement(first) && first.tagName === "kb-lead";
  return {
    lead: { type: "root", children: isLead ? first.children : [] },
    rest: { type: "root", children: isLead ? body.children.slice(at + 1) : body.children },
  };
}

function isSection({ depth }: { depth: number }): boolean {
  return depth === 2;
}

export function isElement(node: RootContent): node is Element {
  return node.type === "element";
}
