import type { Program } from "../program.ts";
import { sh } from "../sh/sh.ts";
import { cat } from "./cat.ts";
import { echo, falseProgram, printf, seq, sleep, tr, trueProgram, yes } from "./small.ts";
import { cut, head, sort, tail, uniq, wc } from "./text.ts";

/** The programs of a machine's /bin and /usr/bin, by name. */
export const userPrograms: Readonly<Record<string, Program>> = Object.freeze({
  cat,
  cut,
  echo,
  false: falseProgram,
  head,
  printf,
  seq,
  sh,
  sleep,
  sort,
  tail,
  tr,
  true: trueProgram,
  uniq,
  wc,
  yes,
});
