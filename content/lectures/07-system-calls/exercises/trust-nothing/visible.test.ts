import { exercise, type TestContext } from "exercise";
import { boot, type HostedSystemCall, type HostedWatch } from "kernel-sim";

const EFAULT = 14;
const EINVAL = 22;
/** PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS. */
const READ_WRITE = 3;
const ANONYMOUS = 0x22;

const IDS = 64;
const INFOS = 128;

export default exercise("trust-nothing", ({ test }) => {
  test("honest", async (context) => {
    const { answer, infos } = await attempt(context, {});
    context.check(answer === 2, `Two names were asked for; the answer is ${answer}.`);
    const names = text(infos);
    context.check(
      names.includes("init") && names.includes("getty"),
      `init and getty should be there; the infos are "${names}".`,
    );
  });

  test("request", async (context) => {
    const { answer } = await attempt(context, { req: 8 });
    context.check(answer === -EFAULT, `A request at address 8 is -EFAULT (-14), not ${answer}.`);
  });

  test("nested", async (context) => {
    const ids = await attempt(context, { ids: 8 });
    context.check(ids.answer === -EFAULT, `ids at address 8: -EFAULT (-14), not ${ids.answer}.`);
    const infos = await attempt(context, { infos: 8 });
    context.check(
      infos.answer === -EFAULT,
      `infos at address 8: -EFAULT (-14), not ${infos.answer}.`,
    );
  });

  test("sizes", async (context) => {
    const { answer } = await attempt(context, { count: 0x40000001 });
    context.check(
      answer === -EINVAL,
      `A count of 0x40000001 is -EINVAL (-22), not ${answer}. What is it times 4?`,
    );
  });

  test("kernel", async (context) => {
    const { log, kept } = await attempt(context, { ids: 8 });
    context.check(log === "", `The kernel's log says: ${log}`);
    context.check(
      kept === 0,
      `After an early return ${kept} pieces of memory are still allocated.`,
    );
  });

  test("races", async (context) => {
    let reads = 0;
    const { answer } = await attempt(context, {}, (base, store) => ({
      after: ({ name, args }) => {
        const from = Number(args[name === "copy_from_user" ? 1 : 0]);
        const isRead = name === "copy_from_user" || name === "get_user";
        // The count becomes 3 as soon as it has been read once.
        if (isRead && from === base && ++reads === 1) store(base, Uint8Array.of(3, 0, 0, 0));
      },
    }));
    context.check(
      answer === 2,
      `The count was 2 when it was read, and changed to 3 afterwards; the answer is ${answer}.`,
    );
  });

  test("leaks", async (context) => {
    const { infos } = await attempt(context, {});
    const padding = [...infos.slice(1, 8), ...infos.slice(33, 40)];
    context.check(
      padding.every((byte) => byte === 0),
      `The bytes behind kind are not zeros, but "${text(infos.slice(1, 8))}".`,
    );
  });
});

interface Asked {
  readonly req?: number;
  readonly count?: number;
  readonly ids?: number;
  readonly infos?: number;
}

async function attempt(
  { player }: TestContext,
  asked: Asked,
  watch?: (base: number, store: (address: number, bytes: Uint8Array) => void) => HostedWatch,
) {
  const machine = boot({ seed: 1, cpus: 1 });
  const call = machine.hostSystemCall("get_names", 1);
  let base = 0;
  const process = machine.spawn(function* (sys) {
    base = yield* sys.mmap(0, 4096, READ_WRITE, ANONYMOUS);
    const words = new DataView(new ArrayBuffer(72));
    words.setUint32(0, asked.count ?? 2, true);
    words.setBigUint64(8, BigInt(asked.ids ?? base + IDS), true);
    words.setBigUint64(16, BigInt(asked.infos ?? base + INFOS), true);
    words.setUint32(IDS, 1, true);
    words.setUint32(IDS + 4, 77, true);
    yield* sys.store(base, new Uint8Array(words.buffer));
    const answer = yield* sys.call("get_names", asked.req ?? base);
    return { answer, infos: yield* sys.load(base + INFOS, 64) };
  });
  // The code does not begin before the program has reached its call, and by then `base` is known.
  const before: HostedWatch = {
    after: (kernelCall, answer) =>
      watch?.(base, (address, bytes) => void process.store(address, bytes)).after?.(
        kernelCall,
        answer,
      ),
  };
  const ask = (question: Parameters<Parameters<HostedSystemCall["serve"]>[0]>[0]) =>
    player.call("getNames", question as never);
  await call.serve(ask, before);
  const returned = process.returned as { answer: number; infos: Uint8Array } | undefined;
  return {
    answer: returned?.answer,
    infos: returned?.infos ?? new Uint8Array(64),
    log: machine.kernelLog.filter((line) => /BUG|Oops|usercopy/.test(line)).join("; "),
    kept: machine.kernelAllocations().length,
  };
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.map((byte) => (byte >= 32 && byte < 127 ? byte : 46)));
}
