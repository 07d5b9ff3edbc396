import type { TextProblem, Vocabulary } from "#notebook/document";

/** What the editor of a lecture's text asks the site. A failure is taken as "nothing to say". */
export interface MdxServices {
  /** Asked once, when the editor opens, and again after a minute. */
  vocabulary(): Promise<Vocabulary>;
  /** Declarations of what is global in a cell: what `/cell-types` answers. */
  loadCellTypes(): Promise<string>;
  /** What the gate says of the text as it is typed; asked again only after it has answered. */
  problems(text: string): Promise<readonly TextProblem[]>;
}
