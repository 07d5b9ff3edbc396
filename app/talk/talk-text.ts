/** A part of what somebody wrote: plain text in which backticks stand around code. */
export type TalkPart =
  | { readonly kind: "words"; readonly text: string }
  | { readonly kind: "code"; readonly text: string };

export type TalkBlock =
  | { readonly kind: "paragraph"; readonly parts: readonly TalkPart[] }
  /** Lines between two lines of three backticks. */
  | { readonly kind: "block"; readonly text: string };

/** What somebody wrote, as paragraphs and code. Nothing of it is ever markup. */
export function talkBlocks(written: string): readonly TalkBlock[] {
  const blocks: TalkBlock[] = [];
  let lines: string[] = [];
  let fence: string[] | undefined;
  const endParagraph = () => {
    const text = lines.join("\n").trim();
    lines = [];
    if (text !== "") blocks.push({ kind: "paragraph", parts: talkParts(text) });
  };
  for (const line of written.replaceAll("\r\n", "\n").split("\n")) {
    const isFence = line.startsWith("```");
    if (fence !== undefined) {
      if (!isFence) fence.push(line);
      else {
        blocks.push({ kind: "block", text: fence.join("\n") });
        fence = undefined;
      }
    } else if (isFence) {
      endParagraph();
      fence = [];
    } else if (line.trim() === "") endParagraph();
    else lines.push(line);
  }
  // One that nobody has closed goes to the end.
  if (fence !== undefined) blocks.push({ kind: "block", text: fence.join("\n") });
  endParagraph();
  return blocks;
}

function talkParts(text: string): readonly TalkPart[] {
  return text
    .split(/(`[^`\n]+`)/)
    .filter((part) => part !== "")
    .map(
      (part): TalkPart =>
        /^`[^`]+`$/.test(part)
          ? { kind: "code", text: part.slice(1, -1) }
          : { kind: "words", text: part },
    );
}
