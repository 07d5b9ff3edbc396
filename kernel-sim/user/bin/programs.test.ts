// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts for the shell have them.
import { expect, test } from "vitest";
import { runShell } from "../sh/run-shell.ts";

/** Text, output and exit status, as dash and GNU coreutils answer them on Linux. */
const ROWS: readonly (readonly [string, string, number])[] = [
  [
    "touch b1 a1 c2; echo *1; echo [bc]*; ls; ls nofile; echo $?",
    "a1 b1\nb1 c2\na1\nb1\nc2\nls: cannot access 'nofile': No such file or directory\n2\n",
    0,
  ],
  [
    "mkdir -p d/e/f; mkdir d; rmdir d; rmdir d/e/f; ls -R d; rm d; rm -r d; ls; rm nofile; rm -f nofile; echo $?",
    "mkdir: cannot create directory 'd': File exists\nrmdir: failed to remove 'd': Directory not empty\nd:\ne\n\nd/e:\nrm: cannot remove 'd': Is a directory\nrm: cannot remove 'nofile': No such file or directory\n0\n",
    0,
  ],
  [
    "echo x > f; chmod 640 f; stat -c %a f; chmod u+x,go=r f; stat -c %A f; chmod a-w f; stat -c %A f; chmod zz f; chmod +x f; stat -c %a f",
    "640\n-rwxr--r--\n-r-xr--r--\nchmod: invalid mode: 'zz'\nTry 'chmod --help' for more information.\n555\n",
    0,
  ],
  [
    "printf 'apple\\nbanana\\ncherry\\n' > f; grep an f; grep -v an f; grep -c a f; grep -n 'c.*y' f; grep -i APP f; grep '^b' f; grep -E 'a(p|n)+' f; grep -o 'an' f; grep zzz f; echo $?; grep x nofile; echo $?; grep 'x\\|ch' f; grep '[[:upper:]]' f; grep -w apple f",
    "banana\napple\ncherry\n2\n3:cherry\napple\nbanana\napple\nbanana\nan\nan\n1\ngrep: nofile: No such file or directory\n2\ncherry\napple\n",
    0,
  ],
  [
    "printf 'a b\\nc\\n' | xargs echo x; printf '1 2 3' | xargs -n 1 echo n; printf 'a\\nb\\n' | xargs -I{} echo '<{}>'; echo a | xargs false; echo $?; echo a | xargs nosuch; echo $?",
    "x a b c\nn 1\nn 2\nn 3\n<a>\n<b>\n123\nxargs: nosuch: No such file or directory\n127\n",
    0,
  ],
  [
    "env -i A=1 B=2 env; env nosuch; echo $?; A=3 env | grep ^A=; nice; nice -n 5 nice",
    "A=1\nB=2\nenv: 'nosuch': No such file or directory\n127\nA=3\n0\n5\n",
    0,
  ],
  [
    "echo data | tee a b; cat a b; echo more | tee -a a > /dev/null; cat a",
    "data\ndata\ndata\ndata\nmore\n",
    0,
  ],
  [
    "date -u -d @0; date -u -d @1700000000 +%F_%T_%j_%a; date -u -d @951782400 '+%Y-%m-%d %H:%M:%S %B'",
    "Thu Jan  1 00:00:00 UTC 1970\n2023-11-14_22:13:20_318_Tue\n2000-02-29 00:00:00 February\n",
    0,
  ],
  [
    "uname; whoami; id -u; pwd; mkfifo p; stat -c %F p; (echo through > p) & cat p; wait",
    "Linux\nroot\n0\n/tmp\nfifo\nthrough\n",
    0,
  ],
  [
    "for f in 1 2 3 4 5; do echo line $f; done | grep -v 3 | sort -r | head -n 3 | tail -n 1 | tr a-z A-Z",
    "LINE 2\n",
    0,
  ],
  ["trap 'echo int; exit 5' INT; kill -INT $$; echo no", "int\n", 5],
  ["(trap 'echo sub' EXIT; echo body); (exit 4) || echo $?", "body\nsub\n4\n", 0],
  [
    "x=1; (x=2; echo $x); echo $x; { x=3; }; echo $x; x=4 true; echo $x; echo $x | { read y; x=$y$y; }; echo $x",
    "2\n1\n3\n3\n3\n",
    0,
  ],
  [
    'cat nofile | wc -l; set -- $(seq 3); echo $3$2$1; echo "$@" | wc -w',
    "cat: nofile: No such file or directory\n0\n321\n3\n",
    0,
  ],
  ["true & jobs | wc -l; wait; false & wait $!; echo $?", "0\n1\n", 0],
  [
    "sh nofile; echo $?; echo 'exit 7' > s; sh s; echo $?; echo 'echo in; exit 3' | sh; echo $?",
    "sh: 0: cannot open nofile: No such file\n2\n7\nin\n3\n",
    0,
  ],
  [
    'a=hello; echo ${a%l*} ${a#*l} ${a%%l*} "${a}world" ${#a} ${a:+$a$a} ${nope+x}y; echo "${nope:-$(echo sub)}"',
    "hel lo he helloworld 5 hellohello y\nsub\n",
    0,
  ],
  [
    "false && echo a || echo b; true || echo c && echo d; ! false && echo e; if ! grep -q x /dev/null; then echo none; fi",
    "b\nd\ne\nnone\n",
    0,
  ],
  [
    "test 1 -eq 1; echo $?; [ a ]; echo $?; [ ]; echo $?; [ ! a = b ]; echo $?; [ 1 -eq x ]; echo $?; [ -e /nodir -o -d / ]; echo $?; [ a = a; echo $?",
    "0\n0\n1\n0\nsh: 2: [: Illegal number: x\n2\n0\nsh: 2: [: missing ]\n2\n",
    0,
  ],
  [
    'unset x; echo "[${x-def}]" "[${x:-}]"; x=; echo "[${x-def}]" "[${x:-def}]"; echo ${x:=new}; echo $x',
    "[def] []\n[] [def]\nnew\nnew\n",
    0,
  ],
  [
    "f() { return 2; }; f || echo r$?; g() { for i in 1 2 3; do [ $i = 2 ] && return $i; echo $i; done; }; g; echo $?",
    "r2\n1\n2\n",
    0,
  ],
  [
    "set -e; false || true; if false; then :; fi; ! true; f() { false; echo in; }; f || echo handled; (exit 2); echo no",
    "in\n",
    2,
  ],
  ["cd /tmp; mkdir -p sub; cd sub; cd ..; cd - ; echo $OLDPWD; cd; pwd", "/tmp/sub\n/tmp\n/\n", 0],
  [
    "tail -n +2 <<X\n1\n2\n3\nX\nhead -c 3 <<X; echo; tail -c 3 <<Y\nabcdef\nX\nabcdef\nY",
    "2\n3\nabc\nef\n",
    0,
  ],
  [
    "printf 'b 10\\na 9\\nc 100\\n' > f; sort f; sort -k2 f; sort -k2n f; sort -rn -k2 f; sort -u f f; cut -d' ' -f1 f; wc f; wc -c f f; cat -n f; uniq -d f; tr -d ab < f; tr -s 0 < f; seq -s, 5; seq 1 2 9; seq 3 -1 1; seq -w 8 11",
    "a 9\nb 10\nc 100\nb 10\nc 100\na 9\na 9\nb 10\nc 100\nc 100\nb 10\na 9\na 9\nb 10\nc 100\nb\na\nc\n 3  6 15 f\n15 f\n15 f\n30 total\n     1\tb 10\n     2\ta 9\n     3\tc 100\n 10\n 9\nc 100\nb 10\na 9\nc 10\n1,2,3,4,5\n1\n3\n5\n7\n9\n3\n2\n1\n08\n09\n10\n11\n",
    0,
  ],
  [
    "exec 3<&0 4>&1; echo to4 >&4; exec 4>&-; echo bad >&4; echo $?; echo x >&9; echo $?",
    "to4\nsh: 2: 4: Bad file descriptor\n2\nsh: 2: 9: Bad file descriptor\n2\n",
    0,
  ],
  ["readonly r=1; r=2; echo no", "sh: 2: r: is read only\n", 2],
  [
    'echo "a\'b" \'a"b\' a\\\'b "a\\"b" "a\\$b" \'a\\nb\'; echo "`echo "in"`" `echo \\`echo deep\\``',
    "a'b a\"b a'b a\"b a$b a\nb\nin deep\n",
    0,
  ],
  [
    "i=0; while :; do i=$((i+1)); case $i in 3) continue;; 6) break;; [45]) echo mid $i;; *) echo $i;; esac; done",
    "1\n2\nmid 4\nmid 5\n",
    0,
  ],
  [
    "touch f; mkdir d; touch d/x; chown; chown root; chown nosuch f; chown root:nosuch f; chown root nofile; chown -v 0:0 f; chown 1000:1001 f; stat -c '%u %g' f; chown -R 7:8 d; stat -c '%u %g' d d/x; chown -v :4004 d/x | wc -l",
    "chown: missing operand\nTry 'chown --help' for more information.\nchown: missing operand after 'root'\nTry 'chown --help' for more information.\nchown: invalid user: 'nosuch'\nchown: invalid group: 'root:nosuch'\nchown: cannot access 'nofile': No such file or directory\nownership of 'f' retained as root:root\n1000 1001\n7 8\n7 8\n1\n",
    0,
  ],
  [
    "expr 1 +; expr 1 a; expr a + 1; expr 1 / 0; expr 1 + 2 '*' 3; expr '(' 1 + 2 ')' '*' 3; expr 10 '<' 9; expr 5 - 5; echo $?; expr abc : 'a\\(.\\)'; expr abc : 'a.'; expr length hello; expr substr hello 2 3; expr index hello l; expr '' '|' x; expr; echo $?",
    "expr: syntax error: missing argument after '+'\nexpr: syntax error: unexpected argument 'a'\nexpr: non-integer argument\nexpr: division by zero\n7\n9\n0\n0\n1\nb\n2\n5\nell\n3\nx\nexpr: missing operand\nTry 'expr --help' for more information.\n2\n",
    0,
  ],
  [
    "basename; basename a b c; basename -a x/ y//z /; basename a.c .c; basename .c .c; dirname a /a/b// / a/b //; basename -s .c a.c b.c",
    "basename: missing operand\nTry 'basename --help' for more information.\nbasename: extra operand 'c'\nTry 'basename --help' for more information.\nx\nz\n/\na\n.c\n.\n/a\n/\na\n/\na\nb\n",
    0,
  ],
  [
    "du nofile; df nofile; printf '%5000s' x > f; du f; du -h f; du -b f",
    "du: cannot access 'nofile': No such file or directory\ndf: nofile: No such file or directory\n8\tf\n8.0K\tf\n5000\tf\n",
    0,
  ],
  [
    "echo hello world > h; dd if=h bs=1 skip=6 status=none; dd if=h of=k conv=ucase status=none; printf XX | dd of=k bs=1 seek=3 conv=notrunc status=none; cat k; dd if=h of=o bs=4 count=1 seek=1 status=noxfer; wc -c o; dd if=/dev/zero of=/dev/full count=1 status=noxfer; echo $?; dd if=h ibs=3 obs=5 of=q status=noxfer; dd if=nofile; dd bs=x; dd zz=1",
    "world\nHELXX WORLD\n1+0 records in\n1+0 records out\n8 o\ndd: writing to '/dev/full': No space left on device\n1+0 records in\n0+0 records out\n1\n4+0 records in\n2+1 records out\ndd: failed to open 'nofile': No such file or directory\ndd: invalid number: 'x'\ndd: unrecognized operand 'zz=1'\nTry 'dd --help' for more information.\n",
    1,
  ],
];

test.each(ROWS)("%s", (text, output, status) => {
  expect(runShell(text)).toEqual({ output, status });
});

test("ps shows the processes of /proc", () => {
  const { output } = runShell("sleep 1 & ps -o pid,ppid,s,comm; pstree");
  expect(output).toBe(
    [
      "    PID    PPID S COMMAND",
      "      1       0 S init",
      "      2       1 S sh",
      "      3       2 S sleep",
      "      4       2 R ps",
      "init---sh-+-pstree",
      "          `-sleep",
      "",
    ].join("\n"),
  );
});
