/**
 * What React needs of a page stands in its scripts, in pieces that are cut wherever a buffer was
 * full. Here they are cut so that no word is torn apart.
 */

const END = '"])</script>';

/**
 * The page with each of `words` in one piece. undefined: a part is written in a way in which no word
 * can be found.
 */
export function withWholeWords(
  text: string,
  nonce: string,
  words: readonly string[],
): string | undefined {
  if (text.includes("self.__next_f.push([3")) return undefined;
  const begin = `<script nonce="${nonce}">self.__next_f.push([1,"`;
  const [head = "", ...scripts] = text.split(begin);
  let carried = "";
  let whole = head;
  let all = "";
  for (const [place, script] of scripts.entries()) {
    const end = script.indexOf(END);
    if (end < 0) return undefined;
    const content = carried + script.slice(0, end);
    all += script.slice(0, end);
    const next = scripts[place + 1] ?? "";
    const torn = Math.max(...words.map((word) => tornLength(content, next, word)));
    carried = content.slice(content.length - torn);
    whole += begin + content.slice(0, content.length - torn) + script.slice(end);
  }
  const pieces = [head, ...scripts.map((script) => script.slice(script.indexOf(END)))];
  const isWhole = words.every((word) => {
    const rest = pieces.reduce((sum, piece) => sum + countOf(piece, word), 0);
    // What begins a script names its nonce.
    const begun = scripts.length * countOf(begin, word);
    return countOf(whole, word) === rest + begun + countOf(all, word);
  });
  return isWhole ? whole : undefined;
}

function countOf(text: string, word: string): number {
  return text.split(word).length - 1;
}

/** How much of the word stands at the end of a piece when the rest of it begins the next one. */
function tornLength(content: string, next: string, word: string): number {
  for (let length = word.length - 1; length > 0; length--) {
    if (content.endsWith(word.slice(0, length)) && next.startsWith(word.slice(length))) {
      return length;
    }
  }
  return 0;
}
