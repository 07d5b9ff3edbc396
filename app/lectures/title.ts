import type { LectureFrontMatter } from "#notebook/document";

/** `11` of `L11`. */
export function lectureNumber({ number }: Pick<LectureFrontMatter, "number">): string {
  return number.replace(/^L0*/, "");
}

/** E.g. `11 eBPF I`: what fits into the bar and into a line of a list. */
export function shortTitle(frontMatter: LectureFrontMatter): string {
  return `${lectureNumber(frontMatter)} ${frontMatter.subtitle ?? frontMatter.title}`;
}

/** `11.1` of `E11.1`. */
export function exerciseNumber(number: string): string {
  return number.replace(/^E/, "");
}

/** E.g. `eBPF I: a safe machine inside the kernel`. */
export function fullTitle({ title, subtitle }: LectureFrontMatter): string {
  return subtitle === undefined ? title : `${subtitle}: ${uncapitalised(title)}`;
}

/** A title goes on after a colon in small letters, unless it begins with an abbreviation. */
function uncapitalised(title: string): string {
  return /^[A-Z](?![A-Z])/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}
