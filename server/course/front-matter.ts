/** What stands above the text of a lecture, between two lines of `---`. */
import { z } from "zod";
import type { LectureFrontMatter } from "#notebook/document";

export const FrontMatterYaml = z.strictObject({
  number: z.string().regex(/^L\d{2}$/, "write it like L11"),
  slug: z.string().regex(/^\d{2}(?:-[a-z0-9]+)+$/, "write it like 11-ebpf-1-machine"),
  title: z.string().min(1).max(200),
  subtitle: z.string().min(1).max(200).optional(),
  summary: z.string().min(1).max(600),
  minutes: z.int().min(1).max(1000),
  goals: z.array(z.string().min(1).max(300)).min(1),
  covers: z.array(z.int().min(1)),
});

/** Leaves out what was not given, as the type wants it. */
export function toFrontMatter({
  subtitle,
  ...rest
}: z.infer<typeof FrontMatterYaml>): LectureFrontMatter {
  return subtitle === undefined ? rest : { ...rest, subtitle };
}
