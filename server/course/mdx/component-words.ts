/** The components of a text in words: what an editor completes from. */
import { z } from "zod";
import type { ComponentWords } from "#notebook/document";
import type { LECTURE_COMPONENTS } from "./components.ts";

export function componentWords(components: typeof LECTURE_COMPONENTS): ComponentWords[] {
  return Object.entries(components).map(([name, { says, hasText, attributes }]) => {
    const { properties = {}, required = [] } = z.toJSONSchema(attributes);
    const words = Object.entries(properties).map(([attribute, schema]) => {
      const { description = "", enum: values } = typeof schema === "object" ? schema : {};
      return {
        name: attribute,
        says: description,
        isRequired: required.includes(attribute),
        values: values?.map(String),
      };
    });
    return { name, says, hasText, attributes: words };
  });
}
