/** A new lecture: it passes the gate as it stands, and says in its text what the author has to write. */

export interface NewLecture {
  /** Two digits. */
  readonly number: string;
  /** `07-system-calls`. */
  readonly slug: string;
  readonly title: string;
}

export function lectureTemplate({ number, slug, title }: NewLecture): Record<string, string> {
  // Cells have names of their own in the whole course.
  const cell = `first-${number}`;
  return {
    "lecture.mdx": `---
number: L${number}
slug: ${slug}
title: ${JSON.stringify(title)}
summary: Write in two sentences what this lecture is about.
minutes: 45
goals:
  - Write what a reader can do afterwards
covers: []
---

<Lead>
Write why a reader should want to know this.
</Lead>

## The first section

Ask something that the cell answers.

\`\`\`ts cell id=${cell} title="A first cell"
1 + 1
\`\`\`
`,
    "outputs.json": `{
  "${cell}": [
    {"kind":"result","bundle":{"text/plain":"2"}}
  ]
}
`,
  };
}
