/** What the editor offers at a place of a lecture's text. */
import type { ComponentWords, Vocabulary } from "#notebook/document";
import type { Place } from "./place.ts";
import { anchorsIn, cellIdsIn } from "./text-names.ts";

export interface Suggestion {
  readonly label: string;
  /** What is put in; `$1` is where one goes on to type. */
  readonly insert: string;
  readonly says: string;
  readonly kind: "component" | "attribute" | "value" | "link";
}

export function suggestionsAt(place: Place, text: string, words: Vocabulary): Suggestion[] {
  switch (place.kind) {
    case "component":
      return words.components.map(componentSuggestion);
    case "attribute":
      return attributesOf(words, place.component)
        .filter(({ name }) => !place.given.includes(name))
        .map(({ name, says, isRequired }) => ({
          label: name,
          insert: `${name}="$1"`,
          says: isRequired ? says : `${says} May be left out.`,
          kind: "attribute",
        }));
    case "value":
      return valuesOf(place.component, place.attribute, text, words);
    case "link":
      return links(text, words);
    case "topic":
      return words.topics.map(({ number, title }) => ({
        label: `${number} ${title}`,
        insert: String(number),
        says: `Topic ${number} of topics.yaml: ${title}`,
        kind: "value",
      }));
    default:
      return [];
  }
}

function attributesOf(words: Vocabulary, component: string): ComponentWords["attributes"] {
  return words.components.find(({ name }) => name === component)?.attributes ?? [];
}

/** The whole component with what it needs, so that only texts remain to be typed. */
function componentSuggestion({ name, says, hasText, attributes }: ComponentWords): Suggestion {
  const needed = attributes.filter(({ isRequired }) => isRequired);
  const given = needed.map((attribute, index) => ` ${attribute.name}="$${index + 1}"`).join("");
  const inside = `\n$${needed.length + 1}\n</${name}>`;
  const insert = hasText ? `${name}${given}>${inside}` : `${name}${given} />`;
  return { label: `<${name}`, insert, says, kind: "component" };
}

function valuesOf(
  component: string,
  attribute: string,
  text: string,
  words: Vocabulary,
): Suggestion[] {
  if (component === "Exercise" && attribute === "id") {
    return words.exercises.map(({ id, title }) => value(id, title));
  }
  if (component === "Picture" && attribute === "file") {
    return words.pictures.map((file) => value(file, "A picture of this lecture"));
  }
  if (component === "Predict" && attribute === "cell") {
    return cellIdsIn(text).map((id) => value(id, `Cell ${id} of this lecture`));
  }
  const known = attributesOf(words, component).find(({ name }) => name === attribute);
  return (known?.values ?? []).map((one) => value(one, `${component}: ${attribute}`));
}

function links(text: string, words: Vocabulary): Suggestion[] {
  const here = anchorsIn(text).map(({ id, says }) => link(`#${id}`, `${says}, in this lecture`));
  const elsewhere = words.lectures.flatMap(({ slug, title, anchors }) => [
    link(`/lectures/${slug}`, title),
    ...anchors.map(({ id, says }) => link(`/lectures/${slug}#${id}`, `${says}, in ${title}`)),
  ]);
  return [...here, ...elsewhere];
}

function value(label: string, says: string): Suggestion {
  return { label, insert: label, says, kind: "value" };
}

function link(label: string, says: string): Suggestion {
  return { label, insert: label, says, kind: "link" };
}
