// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts for the shell have them.
import { expect, test } from "vitest";
import { boot } from "../../index.ts";

/** Runs a text as `sh -c`, with standard error in standard output, in /tmp. */
function shell(text: string) {
  const machine = boot();
  const process = machine.spawn("/bin/sh", {
    argv: ["sh", "-c", `exec 2>&1; cd /tmp\n${text}`],
  });
  machine.runUntilIdle();
  const { exited, signaled, output } = process;
  return { output, status: exited ?? 128 + (signaled ?? 0) };
}

/** Text, output and exit status of programs that look into files and find them, as dash and GNU coreutils answer them on Linux. */
const ROWS: readonly (readonly [string, string, number])[] = [
  [
    "printf 'a b\\nc\\nd e\\n' > f; printf 'hello\\n\\001~' > g; od g; od -c g; od -A d -t x1 g; od -An -tx1 g; od -x g; od -b g;  od -t d4 g; od -t x1z g; od -N 3 -j 2 -c g; od -tu2 -v /dev/null; od -tc -tx1 g; head -c 64 /dev/zero | od -c; head -c 64 /dev/zero | od; od nofile; echo $?; printf 'abcdefghijklmnopqrstuvw' | od -Ax -tx1z; od -tz g;od -i g; od -t a g; od -t x2 -t c g",
    "0000000 062550 066154 005157 077001\n0000010\n0000000   h   e   l   l   o  \\n 001   ~\n0000010\n0000000 68 65 6c 6c 6f 0a 01 7e\n0000008\n 68 65 6c 6c 6f 0a 01 7e\n0000000 6568 6c6c 0a6f 7e01\n0000010\n0000000 150 145 154 154 157 012 001 176\n0000010\n0000000  1819043176  2113997423\n0000010\n0000000 68 65 6c 6c 6f 0a 01 7e                          >hello..~<\n0000010\n0000002   l   l   o\n0000005\n0000000\n0000000   h   e   l   l   o  \\n 001   ~\n         68  65  6c  6c  6f  0a  01  7e\n0000010\n0000000  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0  \\0\n*\n0000100\n0000000 000000 000000 000000 000000 000000 000000 000000 000000\n*\n0000100\nod: nofile: No such file or directory\n1\n000000 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70  >abcdefghijklmnop<\n000010 71 72 73 74 75 76 77                             >qrstuvw<\n000017\nod: invalid character 'z' in type string 'z'\n0000000  1819043176  2113997423\n0000010\n0000000   h   e   l   l   o  nl soh   ~\n0000010\n0000000    6568    6c6c    0a6f    7e01\n          h   e   l   l   o  \\n 001   ~\n0000010\n",
    0,
  ],
  [
    "printf 'a b\\nc\\nd e\\n' > f; printf 'hello\\n\\001~' > g; cmp f g; echo $?; cmp f f; cmp -l f g | head -3; cmp f nofile; echo $?; cmp -s f g; echo $?; printf 'a b\\n' | cmp - f; cmp f < /dev/null; cmp; echo $?; cmp -b f g; printf 'a b\\nc' | cmp - f; cmp f /dev/null",
    "f g differ: char 1, line 1\n1\ncmp: EOF on g after byte 8\n1 141 150\n2  40 145\n3 142 154\ncmp: nofile: No such file or directory\n2\n1\ncmp: EOF on - after byte 4, line 1\ncmp: EOF on - which is empty\ncmp: missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.\n2\nf g differ: byte 1, line 1 is 141 a 150 h\ncmp: EOF on - after byte 5, in line 2\ncmp: EOF on /dev/null which is empty\n",
    1,
  ],
  [
    "printf 'a b\\nc\\nd e\\n' > f; printf 'hello\\n\\001~' > g; paste f f; paste -d, -s f f; paste -d ',;' f g f | od -c;  printf 'a\\nb\\nc\\n' > 1; printf 'b\\nc\\nd\\n' > 2; comm 1 2; comm -12 1 2; comm -3 1 2; comm -23 1 2; comm 1; comm; tac f; printf 'a\\nb' | tac; tac nofile; echo $?; seq 6 | paste - - -; paste -s 1; seq 4 | paste -sd+",
    "a b\ta b\nc\tc\nd e\td e\na b,c,d e\na b,c,d e\n0000000   a       b   ,   h   e   l   l   o   ;   a       b  \\n   c   ,\n0000020 001   ~   ;   c  \\n   d       e   ,   ;   d       e  \\n\n0000036\na\n\t\tb\n\t\tc\n\td\nb\nc\na\n\td\na\ncomm: missing operand after '1'\nTry 'comm --help' for more information.\ncomm: missing operand\nTry 'comm --help' for more information.\nd e\nc\na b\nba\ntac: failed to open 'nofile' for reading: No such file or directory\n1\n1\t2\t3\n4\t5\t6\na\tb\tc\n1+2+3+4\n",
    0,
  ],
  [
    "printf 'a b\\nc\\nd e\\n' > f; printf 'hello\\n\\001~' > g; nohup; echo $?; unlink; unlink nofile; unlink a b; mknod; mknod a; mknod a p; mknod a p; mknod b c; mknod b c 1; mknod b z; mknod c p 1 2; nohup echo hi < /dev/null 2>&1 | cat; paste nofile; comm nofile f; ls -l a | cut -c1-10;  unlink a; ls; mknod -m 600 n c 1 3; ls -l n | cut -c1-10; echo x > n; stat -c '%t %T' n",
    "nohup: missing operand\nTry 'nohup --help' for more information.\n125\nunlink: missing operand\nTry 'unlink --help' for more information.\nunlink: cannot unlink 'nofile': No such file or directory\nunlink: extra operand 'b'\nTry 'unlink --help' for more information.\nmknod: missing operand\nTry 'mknod --help' for more information.\nmknod: missing operand after 'a'\nTry 'mknod --help' for more information.\nmknod: a: File exists\nmknod: missing operand after 'c'\nSpecial files require major and minor device numbers.\nTry 'mknod --help' for more information.\nmknod: missing operand after '1'\nTry 'mknod --help' for more information.\nmknod: missing operand after 'z'\nSpecial files require major and minor device numbers.\nTry 'mknod --help' for more information.\nmknod: extra operand '1'\nFifos do not have major and minor device numbers.\nTry 'mknod --help' for more information.\nhi\npaste: nofile: No such file or directory\ncomm: nofile: No such file or directory\nprw-r--r--\nf\ng\ncrw-------\n1 3\n",
    0,
  ],
  [
    "mkdir -p d/e d/f; touch d/a.c d/e/b.c d/e/.h; echo 12345 > d/f/big; ln -s a.c d/l; chmod 600 d/a.c; find d | sort; find d -name '*.c' | sort; find d -type d | sort; find d -maxdepth 1 | sort; find d -mindepth 2 -type f | sort; find d -size +0 -type f; find d -size -1 -type f | sort; find d -empty | sort; find d -name '*.c' -exec echo got {} \\; | sort; find d -name '*.c' -exec echo {} + | wc -w; find d -type f ! -name '*.c' | sort; find d '(' -name a.c -o -name b.c ')' -print | sort; find d -name e -prune -o -print | sort; find d -perm 600; find d -type l; find nofile; echo $?; find . -foo; find . -name; find . -type z; find d -name '*.c' -delete; find d | sort; find d -printf '%f %y %d %P\\n' | sort; find d -links 2 | wc -l; find d/f -depth; find d/ -name 'b*'; find -name big; find d -user root | wc -l; find d -iname BIG; find d -path 'd/f*' | sort; find d -maxdepth x; find d -exec; find d -name big -quit; find . -name big x; find d \\( -name big; find d -name big \\); find d -user nosuch; find d -perm -200 -type f | sort; find d -type f -name big -exec cat {} \\; -print; find d -exec false {} + ; echo $?; find d -name big -exec false \\; ; echo $?; find d -inum 0; find d -type f -print0 | od -c | head -1 | wc -l",
    "d\nd/a.c\nd/e\nd/e/.h\nd/e/b.c\nd/f\nd/f/big\nd/l\nd/a.c\nd/e/b.c\nd\nd/e\nd/f\nd\nd/a.c\nd/e\nd/f\nd/l\nd/e/.h\nd/e/b.c\nd/f/big\nd/f/big\nd/a.c\nd/e/.h\nd/e/b.c\nd/a.c\nd/e/.h\nd/e/b.c\ngot d/a.c\ngot d/e/b.c\n2\nd/e/.h\nd/f/big\nd/a.c\nd/e/b.c\nd\nd/a.c\nd/f\nd/f/big\nd/l\nd/a.c\nd/l\nfind: 'nofile': No such file or directory\n1\nfind: unknown predicate `-foo'\nfind: missing argument to `-name'\nfind: Unknown argument to -type: z\nd\nd/e\nd/e/.h\nd/f\nd/f/big\nd/l\n.h f 2 e/.h\nbig f 2 f/big\nd d 0 \ne d 1 e\nf d 1 f\nl l 1 l\n2\nd/f/big\nd/f\nd/f/big\n./d/f/big\n6\nd/f/big\nd/f\nd/f/big\nfind: Expected a positive decimal integer argument to -maxdepth, but got 'x'\nfind: missing argument to `-exec'\nfind: paths must precede expression: `x'\nfind: invalid expression; I was expecting to find a ')' somewhere but did not see one.\nfind: you have too many ')'\nfind: 'nosuch' is not the name of a known user\nd/e/.h\nd/f/big\n12345\nd/f/big\n1\n0\n1\n",
    0,
  ],
  [
    "printf 'one two\\nthree four\\nfive six\\nseven\\n' > f\nsed 's/o/0/' f; sed 's/o/0/g' f; sed -n 2p f; sed 2d f; sed '$d' f; sed -n '/three/,/five/p' f; sed '/e$/d' f; sed -n '$=' f; sed 's/\\(.*\\) \\(.*\\)/\\2 \\1/' f; sed -E 's/(\\w+) (\\w+)/\\2-\\1/' f; sed 's/[aeiou]/<&>/2' f; sed -e 1d -e s/five/5/ f; sed '1!d' f; sed '2q' f; sed 'y/abc/xyz/' f; sed '2i\\\ninserted' f; sed '2a appended' f; sed '2c changed' f; sed '2,3c changed' f; sed -n '1~2p' f; sed '2,+1d' f; sed '0~2d' f; sed 'N;s/\\n/+/' f; sed '$!N;P;D' f; sed -n 'H;${x;s/\\n/,/g;p}' f; sed '1!G;h;$!d' f; sed ':a;N;$!ba;s/\\n/ /g' f; sed 's/e/E/w out' f > /dev/null; cat out; sed -i 's/one/1/' f; cat f; sed -i.bak 's/1/uno/' f; cat f f.bak; sed = f; sed -n l f; sed 's/\\bs/S/g; /x/s/$/!/' f; sed '/two/{s/two/2/;p}' f; sed 's/.*/\\U&/; s/O/\\n/' f; sed 's/x*/-/g' f; sed -n '/four/=' f; echo abc | sed 's/b/\\//'; echo a/b | sed 's,/,:,'; printf 'x' | sed 's/x/y/'; echo hello | sed 's/l\\+/L/'; echo aaa | sed 's/a/b/3'; echo aaa | sed 's/a/b/2g'; sed 5q nofile; echo $?; sed 'k' f; sed 's/a' f; echo $?; sed 'p x' f; sed '/a' f; sed 's/a/b/k' f; sed ',p' f;  sed '}' f; sed '{p' f; sed 'bx' f; sed 's/a/\\1/' f; sed '2q5' f; echo $?; sed --expression 2>/dev/null; sed -n '2{p;q}' f; sed '/three/r f.bak' f; echo 'a.b' | sed 's/[.]/-/;s/[]a]/z/'; sed 's/five/&\\\nnew/' f; sed '2!s/e/E/' f; sed -s -n '1p;$p' f f.bak; sed -n '1p;$p' f f.bak; sed '/one/,2d' f; sed 0p f; sed 1,3 f; sed '' f; sed 'tx;s/u/U/;:x;' f; sed '#c\n1d' f; sed \"s/'/x/;1d;2d;3d\" f; sed -n '/five/I,$p' f; sed 's/FIVE/5/I' f; sed -f nofile f; echo 1d > s; sed -f s f; seq 10 | sed -n '2,4!p'; seq 5 | sed '2,1p'; seq 3 | sed n\\;d; seq 5 | sed '/2/,/4/{//!d}'; echo '[x]' | sed 's/\\[\\(.\\)\\]/\\1/'; echo 'a|b' | sed 's/a|b/c/'; echo ab | sed -E 's/a|b/c/g'; echo 'a{2}' | sed 's/a{2}/c/'; echo aa | sed 's/a\\{2\\}/c/'; echo tab | sed 's/a/\\t/' | od -c",
    "0ne two\nthree f0ur\nfive six\nseven\n0ne tw0\nthree f0ur\nfive six\nseven\nthree four\none two\nfive six\nseven\none two\nthree four\nfive six\nthree four\nfive six\none two\nthree four\nfive six\nseven\n4\ntwo one\nfour three\nsix five\nseven\ntwo-one\nfour-three\nsix-five\nseven\non<e> two\nthre<e> four\nfiv<e> six\nsev<e>n\nthree four\n5 six\nseven\none two\none two\nthree four\none two\nthree four\nfive six\nseven\none two\ninserted\nthree four\nfive six\nseven\none two\nthree four\nappended\nfive six\nseven\none two\nchanged\nfive six\nseven\none two\nchanged\nseven\none two\nfive six\none two\nseven\none two\nfive six\none two+three four\nfive six+seven\none two\nthree four\nfive six\nseven\n,one two,three four,five six,seven\nseven\nfive six\nthree four\none two\none two three four five six seven\nonE two\nthrEe four\nfivE six\nsEven\n1 two\nthree four\nfive six\nseven\nuno two\nthree four\nfive six\nseven\n1 two\nthree four\nfive six\nseven\n1\nuno two\n2\nthree four\n3\nfive six\n4\nseven\nuno two$\nthree four$\nfive six$\nseven$\nuno two\nthree four\nfive Six!\nSeven\nuno 2\nuno 2\nthree four\nfive six\nseven\nUN\n TWO\nTHREE F\nUR\nFIVE SIX\nSEVEN\n-u-n-o- -t-w-o-\n-t-h-r-e-e- -f-o-u-r-\n-f-i-v-e- -s-i-\n-s-e-v-e-n-\n2\na/c\na:b\nyheLo\naab\nabb\nsed: can't read nofile: No such file or directory\n2\nsed: -e expression #1, char 1: unknown command: `k'\nsed: -e expression #1, char 3: unterminated `s' command\n1\nsed: -e expression #1, char 3: extra characters after command\nsed: -e expression #1, char 2: unterminated address regex\nsed: -e expression #1, char 7: unknown option to `s'\nsed: -e expression #1, char 1: unknown command: `,'\nsed: -e expression #1, char 1: unexpected `}'\nsed: -e expression #1, char 0: unmatched `{'\nsed: can't find label for jump to `x'\nsed: -e expression #1, char 7: invalid reference \\1 on `s' command's RHS\nuno two\nthree four\n5\nthree four\nuno two\nthree four\n1 two\nthree four\nfive six\nseven\nfive six\nseven\nz-b\nuno two\nthree four\nfive\nnew six\nseven\nuno two\nthree four\nfivE six\nsEven\nuno two\nseven\n1 two\nseven\nuno two\nseven\nuno two\nthree four\nfive six\nseven\nsed: -e expression #1, char 2: invalid usage of line address 0\nsed: -e expression #1, char 3: missing command\nuno two\nthree four\nfive six\nseven\nUno two\nthree foUr\nfive six\nseven\nthree four\nfive six\nseven\nseven\nfive six\nseven\nuno two\nthree four\n5 six\nseven\nsed: couldn't open file nofile: No such file or directory\nthree four\nfive six\nseven\n1\n5\n6\n7\n8\n9\n10\n1\n2\n2\n3\n4\n5\n1\n3\n1\n2\n4\n5\nx\nc\ncc\nc\nc\n0000000   t  \\t   b  \\n\n0000004\n",
    0,
  ],
  [
    "printf 'one\\ntwo\\nthree\\n' > f; grep -e one -e three f; grep -c -e o -ne w f; grep -ve one f; grep -e '^t' -e x -- f; grep -oe 'o.' f",
    "one\nthree\n2\ntwo\nthree\ntwo\nthree\non\n",
    0,
  ],
  [
    "printf 'one\\ntwo\\nthree\\n' > f; tail -n 1 f; tail -qn1 f f; tail -n1 f f nofile; echo $?; seq 3 | tail -f -n 2",
    "three\nthree\nthree\n==> f <==\nthree\n\n==> f <==\nthree\ntail: cannot open 'nofile' for reading: No such file or directory\n1\n2\n3\n",
    0,
  ],
  [
    "echo a > g; tail -f g > out & sleep 0.2; echo b >> g; sleep 0.3; echo c >> g; sleep 0.3; kill $!; cat out; tail -f nofile; echo $?",
    "a\nb\nc\ntail: cannot open 'nofile' for reading: No such file or directory\ntail: no files remaining\n1\n",
    0,
  ],
  [
    "su nosuch; echo $?; su -c 'echo $0 $1' root x; su root -c 'echo hi; exit 4'; echo $?",
    "su: user nosuch does not exist or the user entry does not contain all the required fields\n1\nx\nhi\n4\n",
    0,
  ],
  [
    "head -c 40000 /dev/zero > z; cmp z z; cmp /dev/zero z; cp z y; echo x >> y; cmp y z; cmp z y; cmp -l z y; printf 'x' | dd of=y bs=1 seek=20000 conv=notrunc status=none; cmp z y; cmp nofile z; cmp -n 5 z y; echo abc | od -An -vtu1; od -v -c < z | wc -l; od -An -N4 -tx1 /dev/zero; od -j 39990 z; od -N 3 z y",
    "cmp: EOF on z after byte 40000, in line 1\ncmp: EOF on z after byte 40000, in line 1\ncmp: EOF on z after byte 40000, in line 1\ncmp: EOF on z after byte 40000\nz y differ: char 20001, line 1\ncmp: nofile: No such file or directory\n  97  98  99  10\n2501\n 00 00 00 00\n0116066 000000 000000 000000 000000 000000\n0116100\n0000000 000000 000000\n0000003\n",
    0,
  ],
];

test.each(ROWS)("%s", (text, output, status) => {
  expect(shell(text)).toEqual({ output, status });
});
