import * as z from "zod";

/** What a form says of a document that it wants published: which, and the version that is shown there. */
export function seenVersion(document: string, number: number): string {
  return `${document}:${number}`;
}

export const SeenVersion = z
  .string()
  .regex(/^[^:]{1,300}:[1-9]\d{0,8}$/)
  .transform((said) => {
    const [id = "", number] = said.split(":");
    return { id, number: Number(number) };
  });
