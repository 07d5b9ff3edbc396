// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts for the shell have them.
import { expect, test } from "vitest";
import { boot } from "../../index.ts";
import { runShell } from "./run-shell.ts";

/** Text, output and exit status, as dash and GNU coreutils answer them on Linux. */
const ROWS: readonly (readonly [string, string, number])[] = [
  ["echo hello world", "hello world\n", 0],
  ["echo a b c | wc -w", "3\n", 0],
  ["yes | head -1", "y\n", 0],
  ["seq 1 20 | tr 0-9 a-j | sort -r | uniq | head -3", "j\ni\nh\n", 0],
  ["x=5; echo $((x*2+1)) ${x:-w} ${y:-w} ${y:=z} $y ${x:+set} ${#x}", "11 5 w z z set 1\n", 0],
  [
    "f=/usr/lib/a.tar.gz; echo ${f%.*} ${f%%.*} ${f#*/} ${f##*/}",
    "/usr/lib/a.tar /usr/lib/a usr/lib/a.tar.gz a.tar.gz\n",
    0,
  ],
  ["if [ 1 -lt 2 ]; then echo yes; else echo no; fi", "yes\n", 0],
  [
    "for i in 1 2 3; do echo $i; done; i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo w$i; done",
    "1\n2\n3\nw1\nw3\n",
    0,
  ],
  ["case abc in a*) echo A;; *) echo B;; esac", "A\n", 0],
  ['f() { echo "$# $1 $*"; return 3; }; f a "b c"; echo $?', "2 a a b c\n3\n", 0],
  ['cat <<EOF\nx=$((1+1)) `echo q` "quoted"\nEOF', 'x=2 q "quoted"\n', 0],
  ["cat <<'EOF'\n$x `no`\nEOF", "$x `no`\n", 0],
  ["cat <<-EOF\n\ttab\n\tEOF", "tab\n", 0],
  ["(exit 3); echo $?; ! true; echo $?; false || echo or; true && echo and", "3\n1\nor\nand\n", 0],
  [
    "nosuch; echo $?; /tmp; echo $?; cat nofile; echo $?",
    "sh: 2: nosuch: not found\n127\nsh: 2: /tmp: Permission denied\n126\ncat: nofile: No such file or directory\n1\n",
    0,
  ],
  [
    "echo hi > f; cat f; echo more >> f; cat < f; wc -l < f; cat < nofile; echo $?",
    "hi\nhi\nmore\n2\nsh: 2: cannot open nofile: No such file\n2\n",
    0,
  ],
  ["echo out > a; { echo err >&2; echo std; } > b 2>&1; cat b", "err\nstd\n", 0],
  [
    'set -- a "b c" d; for x in "$@"; do echo "[$x]"; done; for x in $@; do echo "[$x]"; done; echo "$*"; shift; echo $#',
    "[a]\n[b c]\n[d]\n[a]\n[b]\n[c]\n[d]\na b c d\n2\n",
    0,
  ],
  [
    'x="a b  c"; echo $x; echo "$x"; IFS=:; y=a:b::c; for i in $y; do echo "[$i]"; done',
    "a b c\na b  c\n[a]\n[b]\n[]\n[c]\n",
    0,
  ],
  ['x=$(echo one; echo two); echo "$x"; echo $(echo $(echo nested))', "one\ntwo\nnested\n", 0],
  ["set -e; echo a; false; echo b", "a\n", 1],
  ["set -u; echo $nope; echo after", "sh: 2: nope: parameter not set\n", 2],
  ["set -x; x=1; echo $x", "+ x=1\n+ echo 1\n1\n", 0],
  ["trap 'echo bye' EXIT; echo hi", "hi\nbye\n", 0],
  ["trap 'echo got' TERM; kill -TERM $$; echo after", "got\nafter\n", 0],
  ["sleep 0.1 & wait $!; echo $?; sleep 5 & kill $!; wait $!; echo $?", "0\nTerminated\n143\n", 0],
  [
    "echo \"a\\tb\"; echo -n x; echo; printf '%s-%d|%5s|%-5s|%05d|%x\\n' a 12 b c 42 255; printf '%s\\n' a b c",
    "a\tb\nx\na-12|    b|c    |00042|ff\na\nb\nc\n",
    0,
  ],
  [
    "echo 'a b' | { read x y; echo \"$y $x\"; }; printf 'x\\ny\\n' | while read l; do echo \"<$l>\"; done",
    "b a\n<x>\n<y>\n",
    0,
  ],
  [
    "cd /; pwd; cd /tmp; echo $PWD; cd nodir; echo $?",
    "/\n/tmp\nsh: 2: cd: can't cd to nodir\n2\n",
    0,
  ],
  ["exec echo replaced; echo no", "replaced\n", 0],
  [
    "eval 'x=3; echo $x'; . /dev/null; type cd; command -v echo; readonly r=1; export E=2; sh -c 'echo $E'",
    "3\ncd is a shell builtin\necho\n2\n",
    0,
  ],
  [
    "a=1 sh -c 'echo $a'; echo \"$a.\"; umask; umask 077; umask; umask 022",
    "1\n.\n0022\n0077\n",
    0,
  ],
  [
    'test -d /tmp && echo dir; test -f /tmp || echo nofile; [ -z "" ] && echo z; [ a = a -a b != c ] && echo both',
    "dir\nnofile\nz\nboth\n",
    0,
  ],
  ["sh -c 'kill -9 $$'; echo $?", "Killed\n137\n", 0],
  ["echo $(seq 1 5 | while read x; do echo $((x*x)); done)", "1 4 9 16 25\n", 0],
  [
    "n=0; until [ $n -ge 3 ]; do n=$((n+1)); done; echo $n; for i in 1 2 3; do for j in 1 2; do [ $i = 2 ] && break 2; echo $i$j; done; done",
    "3\n11\n12\n",
    0,
  ],
  ["if", 'sh: 2: Syntax error: end of file unexpected (expecting "then")\n', 2],
  ["echo a; echo )", 'sh: 2: Syntax error: ")" unexpected\n', 2],
  ['echo "unterminated', "sh: 2: Syntax error: Unterminated quoted string\n", 2],
  ["echo $((1/0)); echo no", 'sh: 2: arithmetic expression: division by zero: "1/0"\n', 2],
  [
    "x=5; echo $((x+=2)) $((x>3?10:20)) $((1<<4)) $((0x1f)) $((010)) $((-7/2)) $((-7%3)) $((!0)) $((~0)) $((1&&0||1))",
    "7 10 16 31 8 -3 -1 1 -1 1\n",
    0,
  ],
  [
    "echo '#!/bin/sh\necho script $1 $0' > s; chmod +x s 2>/dev/null; sh s arg",
    "script arg s\n",
    0,
  ],
  [
    "printf 'b 2\\na 10\\nc 1\\n' | sort -k2 -n; printf 'a:b:c\\n' | cut -d: -f2,3; printf 'x\\nx\\ny\\n' | uniq -c",
    "c 1\nb 2\na 10\nb:c\n      2 x\n      1 y\n",
    0,
  ],
  ["{ echo one; echo two; } | tail -n 1; echo $?; false | true; echo $?", "two\n0\n0\n", 0],
  [
    "echo a 2>/dev/null >&2; echo b; echo c >/nodir/x; echo $?",
    "b\nsh: 2: cannot create /nodir/x: Directory nonexistent\n2\n",
    0,
  ],
  [
    'exec 3>out; echo three >&3; exec 3>&-; cat out; exec 4<out; read l <&4; echo "r:$l"',
    "three\nr:three\n",
    0,
  ],
  ["${x?}; echo no", "sh: 2: x: parameter not set\n", 2],
  ["${x:?custom msg}; echo no", "sh: 2: x: custom msg\n", 2],
  [
    "x='a*b'; case 'a*b' in \"$x\") echo lit;; esac; case axb in $x) echo pat;; esac",
    "lit\npat\n",
    0,
  ],
  ['echo "${x:-a "b" c}" ${x:-\'q r\'} "${x:-\'q\'}"', "a b c q r 'q'\n", 0],
  [
    "f() { local_x=1; g; }; g() { echo g$local_x; }; f; unset -f g; g",
    "g1\nsh: 2: g: not found\n",
    127,
  ],
  ["for i; do echo $i; done; set -- 1 2; for i do echo $i; done", "1\n2\n", 0],
  ["echo $$ | grep -c . 2>/dev/null >/dev/null; true; echo ok # comment", "ok\n", 0],
  ["echo a\\\nb; echo 'x\ny'; echo \"$(\necho inner\n)\"", "ab\nx\ny\ninner\n", 0],
  [
    "wc -l nofile; head -2 nofile; sort nofile; seq a; sleep x",
    "wc: nofile: No such file or directory\nhead: cannot open 'nofile' for reading: No such file or directory\nsort: cannot read: nofile: No such file or directory\nseq: invalid floating point argument: 'a'\nTry 'seq --help' for more information.\nsleep: invalid time interval 'x'\nTry 'sleep --help' for more information.\n",
    1,
  ],
  [
    'if true; then\n  echo multi\nelif false; then echo no\nfi\nwhile read a b; do echo "$b,$a"; done <<X\n1 2 3\n4 5\nX',
    "multi\n2 3,1\n5,4\n",
    0,
  ],
];

test.each(ROWS)("%s", (text, output, status) => {
  expect(runShell(text)).toEqual({ output, status });
});

test("the first stage of a pipeline ends by SIGPIPE when its reader has left", () => {
  const { output } = runShell(
    "{ yes; echo $?; } 2>&1 | head -n 1; { yes; echo $? >&2; } | head -n 1",
  );
  expect(output).toBe("y\ny\n141\n");
});

test("a script is run by the shell that its first line names", () => {
  const machine = boot();
  machine.writeFile("/bin/hello", '#!/bin/sh\nfor x; do echo "hello $x"; done\n', 0o755);
  const process = machine.spawn("/bin/hello", { argv: ["hello", "a b", "c"] });
  machine.runUntilIdle();
  expect(process.output).toBe("hello a b\nhello c\n");
});
