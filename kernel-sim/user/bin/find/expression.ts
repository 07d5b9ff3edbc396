import type { FileStatus } from "../../../api-kernel.ts";
import type { Sys } from "../../sys.ts";
import type { SysCall } from "../../sys-port.ts";

/** A file that find looks at. */
export interface Found {
  readonly path: string;
  readonly name: string;
  readonly stat: FileStatus;
  readonly depth: number;
  /** The argument below which it lies. */
  readonly start: string;
}

/** What a search has to remember between files. */
export interface Search {
  readonly sys: Sys;
  readonly env: Readonly<Record<string, string>>;
  readonly nowNs: number;
  output: string;
  status: number;
  isPruned: boolean;
  isOver: boolean;
}

/** One test or action: whether it holds for a file. */
export type Predicate = (found: Found, search: Search) => SysCall<boolean>;

/** What is to be done, and how far down. */
export interface FindPlan {
  readonly test: Predicate;
  readonly atEnd: readonly ((search: Search) => SysCall<void>)[];
  readonly minDepth: number;
  readonly maxDepth: number;
  readonly isDepthFirst: boolean;
  readonly isOneDevice: boolean;
}

/** What is wrong with an expression, as find tells it. */
export class FindError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}
