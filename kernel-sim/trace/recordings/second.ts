/**
 * 457 events of 0.8 s on Linux 6.18 with two CPUs: a shell counts, sorts and lists files. Names of
 * tasks that had nothing to do with it are replaced, process numbers counted anew.
 *
 * A line is an event, all numbers in base 36: microseconds since the one before, CPU, process,
 * tracepoint, then the fields of its format. Names are indexes of `strings`.
 */
export const second = Object.freeze({
  title: "0.8 s of a shell at work, two CPUs, Linux 6.18",
  tracepoints: Object.freeze([
    "sched:sched_switch",
    "sched:sched_wakeup",
    "sched:sched_wakeup_new",
    "sched:sched_process_fork",
    "sched:sched_process_exec",
    "sched:sched_process_exit",
    "syscalls:sys_enter_openat",
    "syscalls:sys_exit_openat",
    "syscalls:sys_enter_read",
    "syscalls:sys_exit_read",
    "syscalls:sys_enter_write",
    "syscalls:sys_exit_write",
    "syscalls:sys_enter_clone",
    "syscalls:sys_enter_execve",
    "syscalls:sys_exit_execve",
  ]),
  strings: Object.freeze([
    "login",
    "dash",
    "migration/1",
    "swapper/0",
    "/bin/wc",
    "wc",
    "migration/0",
    "/bin/sleep",
    "sleep",
    "swapper/1",
    "/bin/grep",
    "/bin/cat",
    "cat",
    "/bin/sort",
    "grep",
    "sort",
    "/bin/head",
    "head",
    "rcu_preempt",
    "/bin/ls",
    "ls",
    "/bin/sha256sum",
    "sha256sum",
    "/bin/date",
    "date",
  ]),
  lines: `0 1 rs 0 0 rs 3c 1 1 rt 3c
8s 1 rt 6 75 1z141wc 1djz5abik1 b8jk 0
4 1 rt 7 75 3
d 1 rt 6 75 1z141wc 1djz5a71ls b8jk 0
3 1 rt 7 75 3
1 1 rt 8 0 3 1dvvuf08u0 n4
2 1 rt 9 0 n4
bd 1 rt 8 0 0 1dvvuf0anz 1
3 1 rt 9 0 1
1 1 rt 8 0 0 1dvvuf0anz 1
0 1 rt 9 0 1
1 1 rt 8 0 0 1dvvuf0anz 1
1 1 rt 9 0 1
a 1 rt 6 75 1z141wc xhvyu0b0o 0 0
6 1 rt 7 75 3
4 1 rt 6 75 1z141wc xhvyu0b1k g1 c6
9 1 rt 7 75 3
15 1 rt 3 1 rt 1 ru
5 1 rt 2 1 ru 3c 1
4 1 rt 0 1 rt 3c 2 1 ru 3c
4 1 ru d 1n xhvyu0bbc xhvyu0awo xhvyu0b2g
12 1 ru 1 2 l 0 1
2 1 ru 0 1 ru 3c 74 2 l 0
1d 0 0 0 3 0 3c 0 1 ru 3c
n 0 ru 1 1 rt 3c 0
1t 0 ru 4 4 ru ru
2 0 ru e 1n 0
6o 0 ru 6 75 1z141wc 1dnb6dw0q9 b8jk 0
3 0 ru 7 75 3
b 0 ru 6 75 1z141wc 1dnb6drjs0 b8jk 0
2 0 ru 7 75 3
1 0 ru 8 0 3 1dvu3jb2ag n4
1 0 ru 9 0 n4
9g 0 ru a 1 1 xmfmlr2s0 2
1 0 ru b 1 2
g 0 ru 5 5 ru 3c 1
1x 0 ru 0 5 ru 3c w 1 rt 3c
1a 0 rt 3 1 rt 1 rv
3 0 rt 2 1 rv 3c 0
3 0 rt 0 1 rt 3c 2 1 rv 3c
2 0 rv d 1n xhvyu0b9k xhvyu0awo xhvyu0b0o
q 0 rv 1 6 i 0 0
2 0 rv 0 1 rv 3c 74 6 i 0
2b 0 0 1 1 rt 3c 0
3 0 0 0 3 0 3c 0 1 rt 3c
7 0 rt 0 1 rt 3c 1 3 0 3c
1d 1 rv 4 7 rv rv
2 1 rv e 1n 0
81 1 rv 6 75 1z141wc 1dva1dhzu9 b8jk 0
5 1 rv 7 75 3
b 1 rv 6 75 1z141wc 1dva1ddiw0 b8jk 0
4 1 rv 7 75 3
0 1 rv 8 0 3 1dvx9yhoig n4
2 1 rv 9 0 n4
6f 1 rv 0 8 rv 3c 1 9 0 3c
2sdn 1 0 1 8 rv 3c 1
2f 1 rv 5 8 rv 3c 1
3s 1 rv 1 1 rt 3c 1
7 1 rv 0 8 rv 3c w 1 rt 3c
1g 1 rt 6 75 1z141wc xhvyu0b0o 0 0
f 1 rt 7 75 3
3 1 rt 6 75 1z141wc xhvyu0b1k g1 c6
a 1 rt 7 75 3
u 1 rt 3 1 rt 1 rw
4 1 rt 2 1 rw 3c 1
3 1 rt 0 1 rt 3c 2 1 rw 3c
4 1 rw d 1n xhvyu0bbc xhvyu0awo xhvyu0b2g
1t 1 rw 1 1 rt 3c 1
3 1 rw 0 1 rw 3c 74 1 rt 3c
5 1 rt 0 1 rt 3c 1 1 rw 3c
22 1 rw 4 4 rw rw
1 1 rw e 1n 0
69 1 rw 6 75 1z141wc 1dmh2v2lkh b8jk 0
4 1 rw 7 75 3
h 1 rw 6 75 1z141wc 1dmh2uy4m8 b8jk 0
4 1 rw 7 75 3
0 1 rw 8 0 3 1dvvjzij6w n4
3 1 rw 9 0 n4
6p 1 rw a 1 1 xgsp1mztc 5
2 1 rw b 1 5
d 1 rw 5 5 rw 3c 1
1p 1 rw 1 1 rt 3c 1
4 1 rw 0 5 rw 3c w 1 rt 3c
16 1 rt 3 1 rt 1 rx
2 1 rt 2 1 rx 3c 1
2 1 rt 0 1 rt 3c 2 1 rx 3c
4 1 rx d 1n xhvyu0b9k xhvyu0awo xhvyu0b0o
1b 1 rx 1 1 rt 3c 1
7 1 rx 0 8 rx 3c 74 1 rt 3c
4 1 rt 0 1 rt 3c 1 8 rx 3c
1c 1 rx 4 7 rx rx
1 1 rx e 1n 0
5v 1 rx 6 75 1z141wc 1dkqck8l2p b8jk 0
3 1 rx 7 75 3
a 1 rx 6 75 1z141wc 1dkqck444g b8jk 0
3 1 rx 7 75 3
0 1 rx 8 0 3 1dvv9071fs n4
2 1 rx 9 0 n4
59 1 rx 0 8 rx 3c 1 9 0 3c
2sdc 1 0 1 8 rx 3c 1
2a 1 rx 5 8 rx 3c 1
3g 1 rx 1 1 rt 3c 1
7 1 rx 0 8 rx 3c w 1 rt 3c
28 1 rt c 1k b8jkh 0 0 1djz58zms0 0
2s 1 rt 3 1 rt 1 ry
3 1 rt 2 1 ry 3c 1
1f 1 rt c 1k b8jkh 0 0 1djz58zms0 0
1i 1 rt 3 1 rt 1 rz
4 1 rt 2 1 rz 3c 0
n 0 0 0 3 0 3c 0 1 rz 3c
f 1 rt c 1k b8jkh 0 0 1djz58zms0 0
1a 0 rz d 1n xhvyu0b9k xhvyu0auo xhvyu0b0o
6 1 rt 3 1 rt 1 s0
3 1 rt 2 1 s0 3c 1
g 1 rt c 1k b8jkh 0 0 1djz58zms0 0
1b 1 rt 3 1 rt 1 s1
2 1 rt 2 1 s1 3c 1
g 1 rt 0 1 rt 3c 1 1 ry 3c
19 1 ry d 1n xhvyu0b9k xhvyu0auw xhvyu0b0o
13 0 rz 4 a rz rz
1 0 rz e 1n 0
28 1 ry 4 b ry ry
1 1 ry e 1n 0
3s 0 rz 6 75 1z141wc 1dhsi2jp9t b8jk 0
4 0 rz 7 75 3
g 0 rz 6 75 1z141wc 1dhsi2f8bk b8jk 0
4 0 rz 7 75 3
1 0 rz 8 0 3 1dvqc8jn5k n4
3 0 rz 9 0 n4
10 0 rz 6 75 1z141wc 1dhsi2f9cw b8jk 0
3 0 rz 7 75 3
0 0 rz 8 0 3 1dvqc8jn4o n4
1 0 rz 9 0 n4
2 1 ry 6 75 1z141wc 1dr28a7esx b8jk 0
2 1 ry 7 75 3
9 1 ry 6 75 1z141wc 1dr28a2xuo b8jk 0
3 1 ry 7 75 3
0 1 ry 8 0 3 1dvrojz648 n4
1 1 ry 9 0 n4
s 1 ry 0 c ry 3c 2 1 s0 3c
3 0 rz 1 c ry 3c 1
13 1 s0 d 1n xhvyu0b9k xhvyu0au0 xhvyu0b0o
2z 1 s0 4 d s0 s0
1 1 s0 e 1n 0
2r 0 rz 6 75 1z141wc xjwz5vtqp 0 0
m 0 rz 7 75 3
5 0 rz 8 0 3 1dhsi2f1mo 6bk
r 0 rz 9 0 27o
1 0 rz 8 0 3 1dhsi2f3uc 43w
1 0 rz 9 0 0
1a 1 s0 6 75 1z141wc 1dphn7l229 b8jk 0
3 1 s0 7 75 3
7 1 s0 6 75 1z141wc 1dphn7gl40 b8jk 0
3 1 s0 7 75 3
0 1 s0 8 0 3 1dvxupa8o8 n4
1 1 s0 9 0 n4
4 0 rz 8 0 0 xjx2q8lc0 23uo
8 0 rz 0 e rz 3c 1 3 0 3c
68 1 s0 8 0 0 1dphn16fbk 2t4w
5 1 s0 0 f s0 3c 1 1 s1 3c
14 1 s1 6 75 1z141wc xhvyu0avc g1 c6
9 1 s1 7 75 3
4 1 s1 d 1n xhvyu0b9k xhvyu0auo xhvyu0b0o
r 1 s1 1 2 l 0 1
2 1 s1 0 1 s1 3c 74 2 l 0
l 1 l 0 2 l 0 1 c ry 3c
d 0 0 0 3 0 3c 0 1 s1 3c
3e 0 s1 4 g s1 s1
1 0 s1 e 1n 0
i 1 ry 6 75 1z141wc 1dvrojzc1d 0 0
5 1 ry 7 75 3
8 1 ry 8 0 3 1dr288skqo 2t4w
d 1 ry 9 0 9vx
1 1 ry a 1 1 1dr288skqo 9vx
8 1 ry 1 e rz 3c 0
1 1 ry b 1 9vx
1 1 ry 8 0 3 1dr288skqo 2t4w
1 1 ry 9 0 0
l 1 ry 5 c ry 3c 1
1g 1 ry 1 1 rt 3c 1
5 1 ry 0 c ry 3c w 1 rt 3c
i 1 rt 0 1 rt 3c 1 9 0 3c
1g 0 s1 6 75 1z141wc 1doh5dex81 b8jk 0
3 0 s1 7 75 3
9 0 s1 6 75 1z141wc 1doh5dag9s b8jk 0
3 0 s1 7 75 3
0 0 s1 8 0 3 1dvv7xxw3s n4
1 0 s1 9 0 n4
4h 0 s1 8 0 0 1dvv7xxry8 6bk
4 0 s1 0 h s1 3c 1 e rz 3c
c 0 rz 9 0 9vx
k 0 rz a 1 1 xjx2qarcw 35s
f 0 rz b 1 35s
9 0 rz 8 0 0 xjx2q8v7x 1udc
0 0 rz 9 0 0
2 0 rz a 1 1 xjx2qarcw 358
2 0 rz b 1 358
1 1 0 1 f s0 3c 1
9 1 s0 9 0 6b0
1 1 s0 8 0 0 1dphn16lmk 2mtc
1 0 rz 5 e rz 3c 1
0 1 s0 9 0 0
15 1 s0 a 1 1 xjin8at5s 35s
4 1 s0 1 h s1 3c 0
0 1 s0 b 1 35s
6 1 s0 a 1 1 xjin8at5s 358
2 1 s0 b 1 358
t 0 rz 1 1 rt 3c 1
0 1 s0 5 f s0 3c 1
4 0 rz 0 e rz 3c w h s1 3c
5 0 s1 9 0 6b0
h 0 s1 a 1 1 xjyye7z00 3r
1 0 s1 b 1 3r
8 0 s1 5 h s1 3c 1
p 1 s0 0 f s0 3c w 1 rt 3c
m 1 rt 0 1 rt 3c 1 9 0 3c
6 0 s1 1 1 rt 3c 0
3 0 s1 0 h s1 3c w 1 rt 3c
x 0 rt 3 1 rt 1 s2
2 0 rt 2 1 s2 3c 0
3 0 rt 0 1 rt 3c 2 1 s2 3c
3 0 s2 d 1n xhvyu0aso xhvxu7xxs xhvyu0ajs
y 0 s2 1 1 rt 3c 0
7 0 s2 0 8 s2 3c 74 1 rt 3c
4 0 rt 0 1 rt 3c 1 8 s2 3c
16 0 s2 4 7 s2 s2
1 0 s2 e 1n 0
5v 0 s2 6 75 1z141wc 1dtiukey7l b8jk 0
3 0 s2 7 75 3
9 0 s2 6 75 1z141wc 1dtiukah9c b8jk 0
3 0 s2 7 75 3
0 0 s2 8 0 3 1dvuiju92g n4
2 0 s2 9 0 n4
4w 0 s2 1 i f 3c 0
y 0 s2 0 8 s2 3c 1 3 0 3c
4ad7 0 0 1 8 s2 3c 0
e 0 0 0 3 0 3c 0 8 s2 3c
1s 0 s2 5 8 s2 3c 1
3b 0 s2 1 1 rt 3c 0
8 0 s2 0 8 s2 3c w 1 rt 3c
24 0 rt 6 75 1z141wc xhvyu0ako g1 c6
h 0 rt 7 75 3
17 0 rt 3 1 rt 1 s3
4 0 rt 2 1 s3 3c 0
3 0 rt 0 1 rt 3c 2 1 s3 3c
4 0 s3 d 1n xhvyu0aug xhvyu0ak0 xhvyu0alk
1m 0 s3 1 1 rt 3c 0
3 0 s3 0 1 s3 3c 74 1 rt 3c
5 0 rt 0 1 rt 3c 1 1 s3 3c
1y 0 s3 4 j s3 s3
1 0 s3 e 1n 0
65 0 s3 6 75 1z141wc 1dm35j7ycx b8jk 0
3 0 s3 7 75 3
d 0 s3 6 75 1z141wc 1dm35j3heo b8jk 0
3 0 s3 7 75 3
1 0 s3 8 0 3 1dvvl4l7yw n4
2 0 s3 9 0 n4
15 0 s3 6 75 1z141wc 1dm35j3ig0 b8jk 0
2 0 s3 7 75 3
1 0 s3 8 0 3 1dvvl4l7y0 n4
1 0 s3 9 0 n4
16 0 s3 6 75 1z141wc 1dm35j3jgg b8jk 0
5 0 s3 7 75 3
0 0 s3 8 0 3 1dvvl4l7x4 n4
2 0 s3 9 0 n4
7b 0 s3 6 75 1z141wc 1dm35j1l6v b8jk 0
7 0 s3 7 75 3
5 0 s3 8 0 3 xl0kluznk sg
f 0 s3 9 0 a4
5 0 s3 8 0 3 xl0kluznk sg
1 0 s3 9 0 0
1e 0 s3 6 75 1z141wc xl0klvgvk coow 0
3 0 s3 7 75 3
40 0 s3 a 1 1 xl0klv4j4 10s
1 0 s3 b 1 10s
j 0 s3 5 k s3 3c 1
29 0 s3 1 1 rt 3c 0
4 0 s3 0 k s3 3c w 1 rt 3c
u 0 rt 3 1 rt 1 s4
2 0 rt 2 1 s4 3c 0
2 0 rt 0 1 rt 3c 2 1 s4 3c
3 0 s4 d 1n xhvyu0aso xhvxu7xxs xhvyu0ajs
w 0 s4 1 1 rt 3c 0
7 0 s4 0 8 s4 3c 74 1 rt 3c
5 0 rt 0 1 rt 3c 1 8 s4 3c
16 0 s4 4 7 s4 s4
1 0 s4 e 1n 0
79 0 s4 6 75 1z141wc 1dpq8ss4a9 b8jk 0
3 0 s4 7 75 3
c 0 s4 6 75 1z141wc 1dpq8snnc0 b8jk 0
3 0 s4 7 75 3
0 0 s4 8 0 3 1dvtkhcnh4 n4
2 0 s4 9 0 n4
4m 0 s4 0 8 s4 3c 1 3 0 3c
4ad9 0 0 1 8 s4 3c 0
f 0 0 0 3 0 3c 0 8 s4 3c
1s 0 s4 5 8 s4 3c 1
30 0 s4 1 1 rt 3c 0
8 0 s4 0 8 s4 3c w 1 rt 3c
1g 0 rt 6 75 1z141wc xhvyu0alk g1 c6
h 0 rt 7 75 3
16 0 rt 3 1 rt 1 s5
4 0 rt 2 1 s5 3c 0
3 0 rt 0 1 rt 3c 2 1 s5 3c
5 0 s5 d 1n xhvyu0avc xhvyu0akw xhvyu0amg
1o 0 s5 1 1 rt 3c 0
3 0 s5 0 1 s5 3c 74 1 rt 3c
6 0 rt 0 1 rt 3c 1 1 s5 3c
24 0 s5 4 l s5 s5
1 0 s5 e 1n 0
65 0 s5 6 75 1z141wc 1dtgxh3xdd b8jk 0
4 0 s5 7 75 3
g 0 s5 6 75 1z141wc 1dtgxgzgf4 b8jk 0
3 0 s5 7 75 3
1 0 s5 8 0 3 1dvv0p3yvc n4
2 0 s5 9 0 n4
5k 0 s5 6 75 1z141wc 1dvv0p44vj 0 0
4 0 s5 7 75 3
a 0 s5 8 0 3 xhd8td7m8 pa8
l 0 s5 9 0 pa8
2g 0 s5 8 0 3 xhd8td7m8 pa8
7 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
6 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
6 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
6 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2m 0 s5 1 i f 3c 0
1w 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
4 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
4 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
6 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
6 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
6 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
4 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
3 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
3 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
4 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
6 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
7 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
g 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
3 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
7 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
3 0 s5 9 0 pa8
2f 0 s5 8 0 3 xhd8td7m8 pa8
3 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
3 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
3 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
3 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
8 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
7 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
7 0 s5 9 0 pa8
2e 0 s5 8 0 3 xhd8td7m8 pa8
5 0 s5 9 0 fsg
1 0 s5 8 0 3 xhd8tdneo 9hc
0 0 s5 9 0 0
2a 0 s5 a 1 1 xhd8td7m8 24
1 0 s5 b 1 24
d 0 s5 5 m s5 3c 1
2d 0 s5 0 m s5 3c w i f 3c
d 1 0 1 1 rt 3c 1
1o 1 rt 3 1 rt 1 s6
3 1 rt 2 1 s6 3c 1
2 1 rt 0 1 rt 3c 2 1 s6 3c
3 1 s6 d 1n xhvyu0aso xhvxu7xxs xhvyu0ajs
18 1 s6 1 1 rt 3c 1
8 1 s6 0 8 s6 3c 74 1 rt 3c
5 1 rt 0 1 rt 3c 1 8 s6 3c
1j 1 s6 4 7 s6 s6
1 1 s6 e 1n 0
67 1 s6 6 75 1z141wc 1dvbw1h7e9 b8jk 0
3 1 s6 7 75 3
a 1 s6 6 75 1z141wc 1dvbw1cqg0 b8jk 0
3 1 s6 7 75 3
0 1 s6 8 0 3 1dvs9tpx8o n4
2 1 s6 9 0 n4
51 1 s6 0 8 s6 3c 1 9 0 3c
2knk 1 0 1 8 s6 3c 1
2g 1 s6 5 8 s6 3c 1
3a 1 s6 1 1 rt 3c 1
8 1 s6 0 8 s6 3c w 1 rt 3c
1d 1 rt 6 75 1z141wc xhvxu7xyw g1 c6
i 1 rt 7 75 3
15 1 rt 3 1 rt 1 s7
3 1 rt 2 1 s7 3c 1
4 1 rt 0 1 rt 3c 2 1 s7 3c
4 1 s7 d 1n xhvyu0aso xhvxu7xyg xhvyu0ajs
1l 1 s7 1 1 rt 3c 1
3 1 s7 0 1 s7 3c 74 1 rt 3c
5 1 rt 0 1 rt 3c 1 1 s7 3c
25 1 s7 1 i f 3c 1
16 1 s7 4 n s7 s7
2 1 s7 e 1n 0
6a 1 s7 6 75 1z141wc 1du3bjaze9 b8jk 0
4 1 s7 7 75 3
d 1 s7 6 75 1z141wc 1du3bj6ig0 b8jk 0
3 1 s7 7 75 3
1 1 s7 8 0 3 1dvt1wrowo n4
2 1 s7 9 0 n4
6f 1 s7 6 75 1z141wc 1du3biz5gr b8jk 0
7 1 s7 7 75 3
5 1 s7 8 0 3 xl0l6nurk 35s
2 1 s7 9 0 36
2 1 s7 8 0 3 xl0l6nurk 35s
1 1 s7 9 0 1o
j 1 s7 a 1 1 xl0l6nxyo t
1 1 s7 b 1 t
6 1 s7 5 o s7 3c 1
25 1 s7 0 o s7 3c w i f 3c
7 0 0 1 1 rt 3c 0
6 0 0 0 3 0 3c 0 1 rt 3c
q 0 rt 5 1 rt 3c 1
3h 0 rt 1 0 rs 3c 0
4 0 rt 0 1 rt 3c w 0 rs 3c`,
});
