import type { LectureDocument } from "#notebook/document";

type Node = LectureDocument["body"] | LectureDocument["body"]["children"][number];

/** The numbers of a lecture's figures by their ids: the third one of L11 is 11.3. */
export function figureNumbers({ frontMatter, body }: LectureDocument): ReadonlyMap<string, string> {
  const lecture = Number(frontMatter.number.replace(/^\D+/, ""));
  return new Map(figureIds(body).map((id, place) => [id, `${lecture}.${place + 1}`]));
}

function figureIds(node: Node): string[] {
  if (node.type === "element" && node.tagName === "kb-figure")
    return [String(node.properties["id"])];
  return "children" in node ? node.children.flatMap(figureIds) : [];
}
