import { exercise, type TestContext } from "exercise";
import { type BpfMap, boot, type Machine } from "kernel-sim";

export default exercise("make-it-pass", ({ test }) => {
  test("bump", async (context) => {
    const machine = boot({ seed: 1 });
    const counts = machine.bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 });
    const run = await loaded(context, machine, "bump", "socket_filter", { counts });
    expect(context, "bump without a counter", run(frame()), 0);
    counts.update(0, 41n);
    expect(context, "bump with a counter", run(frame()), 1);
    context.check(
      counts.lookupUint(0) === 42n,
      `The counter stood at 41 and is now ${counts.lookupUint(0)}.`,
    );
  });

  test("destination", async (context) => {
    const run = await loaded(context, boot({ seed: 1 }), "destination", "xdp", {});
    expect(context, "destination of a whole frame", run(frame()), 0x21201f1e);
    expect(context, "destination of 33 bytes", run(frame().slice(0, 33)), 0);
  });

  test("pick", async (context) => {
    const { machine, config, maps } = tableOfSquares();
    const run = await loaded(context, machine, "pick", "socket_filter", maps);
    config.update(0, 5n);
    expect(context, "pick of entry 5", run(frame()), 25);
    config.update(0, 16n);
    expect(context, "pick of entry 16", run(frame()), 0);
  });

  test("length-if-seen", async (context) => {
    const machine = boot({ seed: 1 });
    const counts = machine.bpf.createMap({ type: "hash", keySize: 4, valueSize: 8, maxEntries: 4 });
    const run = await loaded(context, machine, "lengthIfSeen", "socket_filter", { counts });
    expect(context, "lengthIfSeen without the key", run(frame()), 0);
    counts.update(0, 1n);
    const [short, long] = [run(frame().slice(0, 40)), run(frame())];
    context.check(
      long - short === 24,
      `Two frames differ by 24 bytes, your answers by ${long - short}.`,
    );
  });

  test("after-options", async (context) => {
    const run = await loaded(context, boot({ seed: 1 }), "afterOptions", "xdp", {});
    const six = frame();
    six[14] = 0x46;
    expect(context, "afterOptions with a header of 24 bytes", run(six), 38);
    expect(context, "afterOptions of a frame that ends with the header", run(six.slice(0, 38)), 0);
  });

  test("sum", async (context) => {
    const { machine, config, maps } = tableOfSquares();
    const run = await loaded(context, machine, "sum", "socket_filter", maps);
    config.update(0, 4n);
    expect(context, "the sum of 4 entries", run(frame()), 0 + 1 + 4 + 9);
    config.update(0, 0n);
    expect(context, "the sum of no entry", run(frame()), 0);
  });
});

async function loaded(
  { player, check }: TestContext,
  machine: Machine,
  name: string,
  type: string,
  maps: Record<string, BpfMap>,
): Promise<(dataIn: Uint8Array) => number> {
  const program = await player.program(name);
  const result = machine.bpf.load({ type, program, maps });
  if (!result.ok) {
    check(false, `${name} is refused: ${result.error || result.errnoName}`);
    throw new Error("unreachable");
  }
  const { prog } = result;
  return (dataIn) => prog.run({ dataIn }).retval;
}

function expect({ check }: TestContext, what: string, answer: number, wanted: number): void {
  check(answer === wanted, `${what} should answer ${wanted}; it answers ${answer}.`);
}

/** 64 bytes that hold their own offsets. */
function frame(): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, at) => at);
}

function tableOfSquares() {
  const machine = boot({ seed: 1 });
  const config = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 1 });
  const table = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 16, maxEntries: 1 });
  table.update(
    0,
    Uint8Array.from({ length: 16 }, (_, i) => i * i),
  );
  return { machine, config, maps: { config, table } };
}
