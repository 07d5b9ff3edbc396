/** A line of text in which backticks stand around code. */
export function WithCode({ text }: { text: string }) {
  return text.split("`").map((part, place) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: a line is drawn as a whole
    place % 2 === 1 ? <code key={place}>{part}</code> : part,
  );
}
