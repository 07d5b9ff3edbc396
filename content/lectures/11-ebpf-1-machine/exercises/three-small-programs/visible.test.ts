import { exercise } from "exercise";
import { boot } from "kernel-sim";

/** One TCP packet to port 80, 20 bytes of IPv4 header, right checksum. */
const packet = fromHex(
  "020000000001020000000002" + // Ethernet: destination, source
    "0800" + // IPv4
    "45000028123440004006149a" + // the header, with its checksum 0x149a
    "0a0000010a000002" + // from 10.0.0.1 to 10.0.0.2
    "9c400050000003e80000000050022000" + // TCP from 40000 to 80
    "00000000",
);

export default exercise("three-small-programs", ({ test }) => {
  test("counts-by-protocol", async ({ player, check }) => {
    const machine = boot({ seed: 1 });
    const counts = machine.bpf.createMap({
      type: "array",
      keySize: 4,
      valueSize: 8,
      maxEntries: 256,
    });
    const program = await player.program("countByProtocol");
    const loaded = machine.bpf.load({ type: "xdp", program, maps: { counts } });
    check(loaded.ok, loaded.ok ? "" : `countByProtocol is refused: ${loaded.error}`);
    if (!loaded.ok) return;
    for (let i = 0; i < 3; i++) loaded.prog.run({ dataIn: packet });
    const counted = counts.lookupUint(6);
    check(counted === 3n, `After three TCP packets the counter of protocol 6 is ${counted}.`);
  });

  test("ignores-the-rest", async ({ player, check }) => {
    const machine = boot({ seed: 1 });
    const counts = machine.bpf.createMap({
      type: "array",
      keySize: 4,
      valueSize: 8,
      maxEntries: 256,
    });
    const program = await player.program("countByProtocol");
    const prog = machine.bpf.mustLoad({ type: "xdp", program, maps: { counts } });
    const answer = prog.run({ dataIn: packet.slice(0, 30) }).retval;
    check(answer === 2, `A truncated packet is answered with ${answer} instead of XDP_PASS, 2.`);
    check(counts.lookupUint(6) === 0n, "A truncated packet was counted.");
    prog.run({ dataIn: packet });
    check(counts.lookupUint(6) === 1n, "A whole packet was not counted.");
  });

  test("sums-the-header", async ({ player, check }) => {
    const program = await player.program("headerChecksum");
    const prog = boot({ seed: 1 }).bpf.mustLoad({ type: "xdp", program });
    const answer = prog.run({ dataIn: packet }).retval;
    check(
      answer === 0,
      `The header is right, so the answer is 0; yours is 0x${answer.toString(16)}.`,
    );
  });

  test("keeps-the-carry", async ({ player, check }) => {
    const program = await player.program("headerChecksum");
    const prog = boot({ seed: 1 }).bpf.mustLoad({ type: "xdp", program });
    const ones = packet.slice();
    ones.fill(0xff, 14, 34);
    const answer = prog.run({ dataIn: ones }).retval;
    check(
      answer === 0,
      `Twenty bytes 0xff sum to 0xffff, complement 0; yours is 0x${answer.toString(16)}.`,
    );
  });

  test("port-in-host-order", async ({ player, check }) => {
    const program = await player.program("destinationPort");
    const prog = boot({ seed: 1 }).bpf.mustLoad({ type: "xdp", program });
    const answer = prog.run({ dataIn: packet }).retval;
    check(answer === 80, `The packet goes to port 80; your answer is ${answer}.`);
  });
});

function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
