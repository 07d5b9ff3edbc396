import type { Program } from "../program.ts";
import { sh } from "../sh/sh.ts";
import { cat } from "./cat.ts";
import { chsh } from "./chsh.ts";
import { cmp, comm } from "./compare.ts";
import { dd } from "./dd.ts";
import { expr } from "./expr.ts";
import { chmod, cp, ln, mkdir, mkfifo, mv, readlink, rm, rmdir, touch } from "./files.ts";
import { find } from "./find/find.ts";
import { grep } from "./grep.ts";
import { ldd } from "./ldd.ts";
import { paste, tac } from "./lines.ts";
import { login } from "./login.ts";
import { ls } from "./ls.ts";
import { date, dmesg, free, id, mount, sync, umount, uname, uptime, whoami } from "./machine.ts";
import { mknod, unlink } from "./nodes.ts";
import { od } from "./od.ts";
import { chgrp, chown } from "./owner.ts";
import { basename, dirname } from "./path-names.ts";
import { ps, pstree } from "./ps.ts";
import { env, kill, nice, nohup, pwd, tee, xargs } from "./run.ts";
import { sed } from "./sed/sed.ts";
import { echo, falseProgram, printf, seq, sleep, tr, trueProgram, yes } from "./small.ts";
import { df, du } from "./space.ts";
import { stat } from "./stat.ts";
import { strace } from "./strace/strace.ts";
import { stty } from "./stty.ts";
import { su } from "./su.ts";
import { clear, tty } from "./terminal.ts";
import { cut, head, sort, tail, uniq, wc } from "./text.ts";
import { top } from "./top.ts";

/** The programs of a machine's /bin and /usr/bin, by name. */
export const userPrograms: Readonly<Record<string, Program>> = Object.freeze({
  basename,
  cat,
  chgrp,
  chmod,
  chown,
  chsh,
  clear,
  cmp,
  comm,
  cp,
  cut,
  date,
  dd,
  df,
  dirname,
  dmesg,
  du,
  echo,
  env,
  expr,
  false: falseProgram,
  find,
  free,
  grep,
  head,
  id,
  kill,
  ldd,
  ln,
  login,
  ls,
  mkdir,
  mkfifo,
  mknod,
  mount,
  mv,
  nice,
  nohup,
  od,
  paste,
  printf,
  ps,
  pstree,
  pwd,
  readlink,
  rm,
  rmdir,
  sed,
  seq,
  sh,
  sleep,
  sort,
  stat,
  strace,
  stty,
  su,
  sync,
  tac,
  tail,
  tee,
  top,
  touch,
  tr,
  true: trueProgram,
  tty,
  umount,
  uname,
  uniq,
  unlink,
  uptime,
  wc,
  whoami,
  xargs,
  yes,
});
