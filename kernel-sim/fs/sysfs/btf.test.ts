import { expect, test } from "vitest";
import type { SystemCalls } from "../../api-kernel.ts";
import { btfVmlinux } from "../../bpf/btf/vmlinux.ts";
import { boot } from "../../index.ts";

const PATH = "/sys/kernel/btf/vmlinux";
const [PROT_READ, PROT_WRITE, PROT_EXEC, MAP_SHARED, MAP_PRIVATE] = [1, 2, 4, 1, 2];
const [SEEK_SET, SEEK_END] = [0, 2];
const [EACCES, EINVAL] = [-13, -22];
const PAGE = 4096;

test("the kernel's types are read from their file page by page, and mapped by who only reads", () => {
  const { data } = btfVmlinux();
  const machine = boot({ seed: 1 });
  const seen = machine.run(function* (sys: SystemCalls) {
    const fd = (yield* sys.open(PATH, 0)) as number;
    const size = yield* sys.lseek(fd, 0, SEEK_END);
    const behind = yield* sys.read(fd, 100);
    yield* sys.lseek(fd, -10, SEEK_END);
    const last = (yield* sys.read(fd, 100)) as Uint8Array;
    yield* sys.lseek(fd, 0, SEEK_SET);
    const first = (yield* sys.read(fd, 10 * PAGE)) as Uint8Array;
    const length = data.length;
    const at = (yield* sys.mmap(0, length, PROT_READ, MAP_PRIVATE, fd, 0)) as number;
    const third = yield* sys.load(at + 3 * PAGE, 64);
    return {
      size,
      behind,
      last: Array.from(last),
      first: Array.from(first),
      third: Array.from(third),
      refused: [
        yield* sys.mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0),
        yield* sys.mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0),
        yield* sys.mmap(0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0),
        yield* sys.mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE),
        yield* sys.mmap(0, length + PAGE, PROT_READ, MAP_PRIVATE, fd, 0),
        yield* sys.mprotect(at, PAGE, PROT_READ | PROT_WRITE),
        yield* sys.open(PATH, 1),
      ],
    };
  });
  expect(seen).toMatchObject({
    size: data.length,
    last: Array.from(data.slice(-10)),
    first: Array.from(data.slice(0, PAGE)),
    third: Array.from(data.slice(3 * PAGE, 3 * PAGE + 64)),
    refused: [EACCES, EACCES, EACCES, EINVAL, EINVAL, EACCES, EACCES],
  });
  const ls = machine.spawn("/bin/ls", { argv: ["ls", "-l", "/sys/kernel/btf"] });
  machine.runUntilIdle();
  expect(ls.output).toMatch(
    new RegExp(`^total 0\\n-r--r--r-- 1 root root ${data.length} .* vmlinux\\n$`),
  );
});
