import { KFUNC_DECLARATIONS, type KfuncDeclarations } from "./declarations.ts";
import {
  KF_ACQUIRE,
  KF_DESTRUCTIVE,
  KF_FASTCALL,
  KF_ITER_DESTROY,
  KF_ITER_NEW,
  KF_ITER_NEXT,
  KF_RCU,
  KF_RCU_PROTECTED,
  KF_RELEASE,
  KF_RET_NULL,
  KF_SLEEPABLE,
  KF_TRUSTED_ARGS,
} from "./kfunc-flags.ts";

const FLAGS: Readonly<Record<string, number>> = {
  ACQUIRE: KF_ACQUIRE,
  RELEASE: KF_RELEASE,
  RET_NULL: KF_RET_NULL,
  TRUSTED_ARGS: KF_TRUSTED_ARGS,
  SLEEPABLE: KF_SLEEPABLE,
  DESTRUCTIVE: KF_DESTRUCTIVE,
  RCU: KF_RCU,
  ITER_NEW: KF_ITER_NEW,
  ITER_NEXT: KF_ITER_NEXT,
  ITER_DESTROY: KF_ITER_DESTROY,
  RCU_PROTECTED: KF_RCU_PROTECTED,
  FASTCALL: KF_FASTCALL,
};

export interface KfuncEntry {
  readonly flags: number;
  readonly set: KfuncDeclarations;
}

const ENTRIES: ReadonlyMap<string, KfuncEntry> = new Map(KFUNC_DECLARATIONS.flatMap(entriesOf));

function entriesOf(set: KfuncDeclarations): [string, KfuncEntry][] {
  return linesOf(set).map((line) => {
    const colon = line.indexOf(":");
    const words = line
      .slice(0, colon)
      .split(" ")
      .filter((word) => word !== "");
    const flags = words.reduce((sum, word) => sum | FLAGS[word]!, 0);
    return [nameOf(line.slice(colon + 1)), { flags, set }];
  });
}

function linesOf({ text }: KfuncDeclarations): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function nameOf(prototype: string): string {
  return /(\w+)\(/.exec(prototype)![1]!;
}

/** Of all functions that some program may call. */
export function callableKfuncs(): readonly string[] {
  return [...ENTRIES].flatMap(([name, { set }]) => (set.hooks.length === 0 ? [] : [name]));
}

/** The prototypes of all of them, in C. */
export function kfuncPrototypes(): string {
  const lines = KFUNC_DECLARATIONS.flatMap(linesOf);
  return lines.map((line) => line.slice(line.indexOf(":") + 1)).join("\n");
}

/** undefined: no program may call a function of that name. */
export function kfuncEntry(name: string): KfuncEntry | undefined {
  return ENTRIES.get(name);
}
