/** The components that a text may use, and the literal attributes of each. */
import { z } from "zod";
import { FIGURE_NAMES } from "#notebook/document";

const Id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,60}$/, "write small letters, digits and - (at most 61)");
const Label = z.string().min(1).max(1000);

interface ComponentRule {
  readonly attributes: z.ZodType<Record<string, string | undefined>>;
  /** Text between the tags: it has to be there, or must not. */
  readonly hasText: boolean;
}

/** Of a lecture. In a page `<Figure>` is the element `kb-figure`, and so on. */
export const LECTURE_COMPONENTS: Readonly<Record<string, ComponentRule>> = {
  Lead: { attributes: z.strictObject({}), hasText: true },
  Note: { attributes: z.strictObject({}), hasText: true },
  Aside: {
    attributes: z.strictObject({
      kind: z.enum(["elsewhere", "then-now", "break-it", "in-linux"]),
      title: Label,
    }),
    hasText: true,
  },
  // The text is the figure's text form.
  Figure: {
    attributes: z.strictObject({
      name: z.enum(FIGURE_NAMES),
      id: Id,
      title: Label,
      caption: Label,
    }),
    hasText: true,
  },
  Predict: {
    attributes: z.strictObject({
      question: Label,
      cell: Id,
      unit: z.string().max(40).optional(),
      answer: Label.optional(),
    }),
    hasText: false,
  },
  Exercise: { attributes: z.strictObject({ id: Id }), hasText: false },
};

/** Of what an exercise asks. */
export const TASK_COMPONENTS: Readonly<Record<string, ComponentRule>> = {
  Note: { attributes: z.strictObject({}), hasText: true },
};

/** The attributes of a cell's fence: ```` ```ts cell id=… title="…" ````. */
export const CellAttributes = z.strictObject({ id: Id, title: Label.optional() });

/** `kb-figure` of `Figure`. */
export function elementName(component: string): string {
  return `kb-${component.toLowerCase()}`;
}
