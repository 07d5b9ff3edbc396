/** A text in quotes as dash writes it: in single ones, and single quotes themselves in double ones. */
export function quote(text: string): string {
  let quoted = "";
  for (const [, plain, quotes] of text.matchAll(/([^']*)('*)/g)) {
    if (plain === "" && quotes === "" && quoted !== "") break;
    quoted += `'${plain}'${quotes === "" ? "" : `"${quotes}"`}`;
  }
  return quoted;
}
