// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts for the shell have them.
import { expect, test } from "vitest";
import { runShell } from "./run-shell.ts";

/** Aliases, options and local variables: text, output and exit status, as dash answers them on Linux. */
const ROWS: readonly (readonly [string, string, number])[] = [
  [
    "alias ll='echo LL'\nll a\nalias ll\nalias\nalias nope; echo $?\nunalias ll\nll; echo $?\nunalias ll; echo $?\nalias a='echo x ' b='yy'\na b\na c b\nalias echo='echo e'\necho hi\n\\echo hi\nunalias echo\nalias for1='for i in 1 2; do'\nfor1 echo $i; done\nalias x=y y=x\nx; echo $?\nalias g='echo g |'\ng cat\nunalias -a\nalias\nalias 'q=echo '\"'\"'a b'\"'\"''; alias q\nq\nf() { q; }; f\nunalias q; f\nalias z=\"echo z\"; z\nz\ntype z; command -v z\nif true; then alias nosuch='echo w'; nosuch; fi\necho end | z",
    "LL a\nll='echo LL'\nll='echo LL'\nalias: nope not found\n1\nsh: 8: ll: not found\n127\nunalias: ll not found\n1\nx yy\nx c b\ne hi\nhi\n1\n2\nsh: 20: x: not found\n127\ng\nq='echo '\"'\"'a b'\"'\"\na b\na b\na b\nsh: 29: z: not found\nz\nz is an alias for echo z\nalias z='echo z'\nsh: 32: nosuch: not found\nz\n",
    0,
  ],
  [
    'while getopts ab:c o -a -b val -c rest; do echo "$o $OPTARG $OPTIND"; done; echo $OPTIND\nOPTIND=1; set -- -abfoo -- x; while getopts ab: o; do echo "$o [$OPTARG]"; done; shift $((OPTIND-1)); echo "$@"\nOPTIND=1; getopts a o -z; echo "$? $o [$OPTARG]"\nOPTIND=1; getopts :a o -z; echo "$? $o [$OPTARG]"\nOPTIND=1; getopts a: o -a; echo "$? $o [$OPTARG]"\nOPTIND=1; getopts :a: o -a; echo "$? $o [$OPTARG]"\nOPTIND=1; getopts a o x; echo "$? $o $OPTIND"\ngetopts; echo $?\nf() { OPTIND=1; while getopts xy: n; do echo "$n=$OPTARG"; done; }; f -x -y 1 z\nOPTIND=1; set -- -ab; getopts ab o; echo $o $OPTIND; getopts ab o; echo $o $OPTIND; getopts ab o; echo $? $o $OPTIND\necho "[$OPTIND]"',
    "a  2\nb val 4\nc  5\n5\na []\nb [foo]\nx\nIllegal option -z\n0 ? []\n0 ? [z]\nNo arg for -a option\n0 ? []\n0 : [a]\n1 ? 1\nsh: 9: getopts: Usage: getopts optstring var [arg...]\n2\nx=\ny=1\na 2\nb 2\n1 ? 2\n[2]\n",
    0,
  ],
  [
    'x=1; f() { local x; echo "[$x]"; x=2; echo $x; g; }; g() { echo g$x; }; f; echo $x\nh() { local x=5 y=6; echo $x $y; local z; z=3; }; h; echo "$x [$y] [$z]"\nr() { local n=$1; [ $n -gt 0 ] && r $((n-1)); echo $n; }; r 2\nexport E=1; k() { local E=2; env | grep ^E=; }; k; env | grep ^E=\nu() { local q; unset q; echo "[${q-unset}]"; q=1; }; u; echo "[${q-unset}]"\ns() { local a=\'b c\' b=$x; echo "$a|$b"; return 3; }; s; echo $?\nlocal o=1; echo $? after\no() { local -; set -f; echo *; }; touch zz; o; echo *z',
    "[1]\n2\ng2\n1\n5 6\n1 [] []\n0\n1\n2\nE=2\nE=1\n[unset]\n[unset]\nb c|1\n3\nsh: 8: local: not in a function\n",
    2,
  ],
];

test.each(ROWS)("%s", (text, output, status) => {
  expect(runShell(text)).toEqual({ output, status });
});
