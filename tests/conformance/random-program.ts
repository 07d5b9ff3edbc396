import type { Program } from "../../kernel-sim/user/program.ts";
import type { Sys } from "../../kernel-sim/user/sys.ts";

/** Where the program has to be installed that random programs execute. */
export const WORKER = "/bin/worker";

/**
 * A program of random system calls by several processes and threads, which all end within a second of
 * virtual time. It stands on its own, so that its text can be run in a cell too.
 */
export function randomProgram(seed: number, steps: number): Program {
  const PAGE = 4096;
  return function* (sys: Sys, argv: readonly string[]) {
    let state = seed + Number(argv[1] ?? 0) * 977;
    let depth = argv.length > 1 ? 2 : 0;
    let left = steps;
    const fds: number[] = [];
    const pids: number[] = [];
    const maps: number[] = [];
    const below = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 8) % n;
    };
    const pick = (list: readonly number[], other: number) =>
      list.length === 0 ? other : (list[below(list.length)] ?? other);
    const keep = (list: number[], value: number) => {
      if (value >= 0) list.push(value);
    };
    const time = (ns: number) => {
      const view = new DataView(new ArrayBuffer(16));
      view.setUint32(8, ns, true);
      return new Uint8Array(view.buffer);
    };
    const path = () => `/tmp/f${below(4)}`;
    yield* sys.call("alarm", 1);
    yield* sys.sigaction(10, function* (inHandler: Sys) {
      yield* inHandler.getpid();
    });
    if (below(8) > 0) yield* sys.sigaction(13, 1);
    const shared = yield* sys.mmap(0, PAGE, 3, 0x21);
    maps.push(shared);

    for (; left > 0; left--) {
      switch (below(30)) {
        case 0:
        case 1: {
          if (depth > 2) break;
          const salt = below(1000) + 1;
          const pid = yield* sys.fork();
          if (pid === 0) {
            depth++;
            state += salt;
            left = Math.floor(left / 2) + 1;
            pids.length = 0;
            yield* sys.call("alarm", 1);
          } else keep(pids, pid);
          break;
        }
        case 2:
          if (depth < 2) {
            const fd = pick(fds, 0);
            const salt = String(below(1000));
            keep(pids, yield* sys.spawn("/bin/worker", ["worker", salt], {}, { fds: { 1: fd } }));
          }
          break;
        case 3: {
          const ends = yield* sys.pipe2(below(3) === 0 ? 0 : 0x800);
          if (typeof ends !== "number") fds.push(...ends);
          break;
        }
        case 4:
        case 5:
          yield* sys.write(pick(fds, 1), "some text of a random program".repeat(below(300)));
          break;
        case 6:
          yield* sys.read(pick(fds, 0), below(5000));
          break;
        case 7: {
          if (pids.length === 0) yield* sys.kill(yield* sys.getpid(), [10, 17, 18][below(3)] ?? 10);
          else yield* sys.kill(pick(pids, 0), [10, 12, 15, 18, 19, 9, 17, 34][below(8)] ?? 10);
          break;
        }
        case 8: {
          const kind = below(2) === 0 ? 0x22 : 0x21;
          const at = yield* sys.mmap(0, PAGE * (1 + below(6)), 3, kind);
          if (at > 0) maps.push(at);
          break;
        }
        case 9:
        case 10:
          yield* sys.store(pick(maps, shared) + below(PAGE - 8), Uint8Array.of(below(256), 7));
          break;
        case 11:
          // Now and then a later store meets nothing.
          if (below(8) > 0 && maps.length > 1) yield* sys.munmap(maps.pop() ?? 0, PAGE * 2);
          else yield* sys.munmap(pick(maps, 0) + PAGE * below(3), PAGE * (1 + below(2)));
          break;
        case 12:
          yield* sys.mprotect(pick(maps, 0), PAGE * (1 + below(2)), below(6) === 0 ? 1 : 3);
          break;
        case 13:
          keep(fds, yield* sys.open(path(), [0x42, 0x40, 0x242, 0x442][below(4)] ?? 0, 0o644));
          break;
        case 14:
          yield* sys.call("ftruncate", pick(fds, 3), below(3 * PAGE));
          break;
        case 15:
          if (below(2) === 0) yield* sys.unlink(path());
          else yield* sys.rename(path(), path());
          break;
        case 16: {
          // A word that others share: most wait for a value that is not there, or until the time is up.
          const op = below(2);
          if (op === 0) yield* sys.call("futex", shared, 0, below(2), time(below(5_000_000)));
          else yield* sys.call("futex", shared, 1, 2);
          break;
        }
        case 17:
          if (below(12) === 0) yield* sys.exit(below(256));
          break;
        case 18:
          yield* sys.wait4(-1, 1 | 2 | 8);
          break;
        case 19:
          if (below(3) === 0) yield* sys.wait4(-1, 0);
          break;
        case 20:
          if (below(2) === 0) yield* sys.call("setpriority", 0, 0, below(20));
          else yield* sys.sched_yield();
          break;
        case 21:
          yield* sys.nanosleep(1 + below(3_000_000));
          break;
        case 22:
          yield* sys.sigaction(
            [10, 12, 15][below(3)] ?? 10,
            function* (inHandler: Sys) {
              yield* inHandler.getpid();
            },
            below(2) === 0 ? 0x10000000 : 0,
          );
          break;
        case 23:
          yield* sys.sigprocmask(below(3), [10, 12, 17, 34]);
          break;
        case 24:
          if (below(2) === 0) keep(fds, yield* sys.dup(pick(fds, 0)));
          else yield* sys.dup2(pick(fds, 0), below(12));
          break;
        case 25:
          yield* sys.close(pick(fds, 3));
          break;
        case 26:
          yield* sys.compute(1 + below(6_000_000));
          break;
        case 27: {
          const ns = below(2_000_000);
          // A worker executes no other: that would go on for ever.
          const end = argv.length > 1 ? 1 + below(2) : below(3);
          yield* sys.thread(function* (inThread: Sys) {
            yield* inThread.nanosleep(ns + 1);
            yield* inThread.call("futex", shared, 1, 1);
            yield* inThread.store(shared + 64, Uint8Array.of(1));
            if (end === 0) yield* inThread.execve("/bin/worker", ["worker", "5"]);
            if (end === 1) yield* inThread.exit(3);
          });
          break;
        }
        case 28: {
          const fd = pick(fds, 0);
          const at = yield* sys.mmap(0, PAGE * 2, 3, below(2) + 1, fd, 0);
          if (at > 0) maps.push(at);
          break;
        }
        default: {
          const kind = below(5);
          if (kind === 0) yield* sys.setpgid(0, 0);
          else if (kind === 1) yield* sys.setsid();
          else if (kind === 2) keep(fds, yield* sys.call("eventfd2", below(3), 0x800));
          else if (kind === 3) {
            const polled = new Uint8Array(8);
            new DataView(polled.buffer).setInt32(0, pick(fds, 0), true);
            polled[4] = 5;
            yield* sys.call("poll", polled, 1, below(4));
          } else {
            const pair = new Uint8Array(8);
            if ((yield* sys.call("socketpair", 1, 0x801, 0, pair)) === 0) {
              fds.push(...new Int32Array(pair.buffer));
            }
          }
        }
      }
    }
    return below(256);
  };
}
