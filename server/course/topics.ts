/** `topics.yaml` of a course: the numbered topics that lectures say they cover. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import { checkout } from "../config.ts";
import { readYaml } from "./located-yaml.ts";

const TopicsYaml = z.record(z.string().regex(/^\d+$/, "write a number"), z.string().min(1));

/** By number; none when the course has no such file. Throws a `CourseProblem`. */
export function readTopics(course: string): ReadonlyMap<number, string> {
  const file = join(course, "topics.yaml");
  if (!existsSync(file)) return new Map();
  const { content } = readYaml(file, relative(checkout(), file), TopicsYaml);
  return new Map(Object.entries(content).map(([number, topic]) => [Number(number), topic]));
}
