/** The components that a text may use, and the literal attributes of each. */
import { z } from "zod";
import { FIGURE_NAMES } from "#notebook/document";
import { isPictureName, PICTURE_NAME } from "../pictures/picture-file.ts";

const Id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "write small letters, digits and - (at most 61)");
const Label = z.string().min(1).max(1000);

const NOTE = "A note in the margin, beside the paragraph above it.";

interface ComponentRule {
  /** What it is for, as an author reads it in the editor. */
  readonly says: string;
  readonly attributes: z.ZodType<Record<string, string | undefined>>;
  /** Text between the tags: it has to be there, or must not. */
  readonly hasText: boolean;
}

const PICTURE: ComponentRule = {
  says: "A picture that lies in the folder pictures/ beside the text.",
  attributes: z.strictObject({
    file: z
      .string()
      .refine(isPictureName, `write ${PICTURE_NAME}`)
      .describe("The file's name in pictures/."),
    alt: Label.refine((text) => text.trim() !== "", "say in words what the picture shows").describe(
      "What the picture shows, in words, for who does not see it.",
    ),
    caption: Label.optional().describe("Stands below the picture; backticks stand around code."),
  }),
  hasText: false,
};

/** Of a lecture. In a page `<Figure>` is the element `kb-figure`, and so on. */
export const LECTURE_COMPONENTS: Readonly<Record<string, ComponentRule>> = {
  Lead: {
    says: "The opening paragraph, in the head of the lecture.",
    attributes: z.strictObject({}),
    hasText: true,
  },
  Note: { says: NOTE, attributes: z.strictObject({}), hasText: true },
  Aside: {
    says: "A note with a title, in the margin beside the paragraph above it.",
    attributes: z.strictObject({
      kind: z
        .enum(["elsewhere", "then-now", "break-it", "in-linux"])
        .describe("What the note is about."),
      title: Label.describe("Stands above the note."),
    }),
    hasText: true,
  },
  // The text is the figure's text form.
  Figure: {
    says: "A figure of the course. The text between the tags says in words what it shows.",
    attributes: z.strictObject({
      name: z.enum(FIGURE_NAMES).describe("Which figure it is."),
      id: Id.describe("Links lead to it: #id."),
      title: Label.describe("Stands above the figure."),
      caption: Label.describe("Stands below the figure."),
    }),
    hasText: true,
  },
  Picture: PICTURE,
  Predict: {
    says: "A guess that the reader makes before the cell below runs.",
    attributes: z.strictObject({
      question: Label.describe("What is to be guessed; backticks stand around code."),
      cell: Id.describe("The id of the cell that answers."),
      unit: z.string().max(40).optional().describe("What the number counts, such as ns."),
      answer: Label.optional().describe("An expression that is the number once the cell has run."),
    }),
    hasText: false,
  },
  Exercise: {
    says: "An exercise, where it stands in the lecture.",
    attributes: z.strictObject({ id: Id.describe("Its folder's name, in exercises/.") }),
    hasText: false,
  },
};

/** Of what an exercise asks. */
export const TASK_COMPONENTS: Readonly<Record<string, ComponentRule>> = {
  Note: { says: NOTE, attributes: z.strictObject({}), hasText: true },
  Picture: PICTURE,
};

/** The attributes of a cell's fence: ```` ```ts cell id=… title="…" ````. */
export const CellAttributes = z.strictObject({ id: Id, title: Label.optional() });

/** `kb-figure` of `Figure`. */
export function elementName(component: string): string {
  return `kb-${component.toLowerCase()}`;
}
