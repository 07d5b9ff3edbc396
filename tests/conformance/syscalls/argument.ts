import type { Constants } from "./constants.ts";
import { BPF_FORMS } from "./forms/bpf.ts";
import { BUFFER_FORMS } from "./forms/buffers.ts";
import { FILE_FORMS } from "./forms/file.ts";
import {
  type Encoded,
  type Forms,
  numberOf,
  type Output,
  show,
  type Target,
  textOf,
} from "./forms/form.ts";
import { MESSAGE_FORMS } from "./forms/message.ts";
import { POLL_FORMS } from "./forms/poll.ts";
import { SIGNAL_FORMS } from "./forms/signal.ts";
import { SOCKET_FORMS } from "./forms/socket.ts";
import { struct } from "./forms/struct.ts";
import type { Agent, World } from "./port.ts";
import type { Arg, ArgObject, Int } from "./scenario.ts";
import type { Symbols } from "./symbols.ts";

/** An address that is never mapped. */
const BAD_POINTER = 0x1000;

const FORMS: Forms = {
  ...BUFFER_FORMS,
  ...FILE_FORMS,
  ...SIGNAL_FORMS,
  ...POLL_FORMS,
  ...SOCKET_FORMS,
  ...MESSAGE_FORMS,
  ...BPF_FORMS,
};

/** The arguments of one step, in the memory of one process. */
export class Arguments implements Target {
  readonly constants: Constants;
  readonly symbols: Symbols;
  readonly recordHandler: number;
  readonly restorer: number;
  private readonly agent: Agent;
  private readonly keepsMemory: boolean;
  private encoded: readonly Encoded[] = [];
  private keys: readonly string[] = [];

  /** @param keepsMemory whether what is placed stays valid after the step */
  constructor(
    agent: Agent,
    world: Pick<World, "recordHandler" | "restorer">,
    constants: Constants,
    symbols: Symbols,
    keepsMemory = false,
  ) {
    this.agent = agent;
    this.constants = constants;
    this.symbols = symbols;
    this.recordHandler = world.recordHandler;
    this.restorer = world.restorer;
    this.keepsMemory = keepsMemory;
  }

  /** The values for the kernel's registers. */
  encodeAll(args: readonly Arg[]): readonly Encoded[] {
    this.keys = args.map((arg, i) => (isObject(arg) && nameOf(arg)) || `a${i}`);
    const encoded = args.map((arg, i) =>
      isSizeof(arg) ? undefined : this.encode(arg, this.keys[i] ?? `a${i}`),
    );
    // Sizes last: a size may stand before its buffer.
    this.encoded = args.map((arg, i) => encoded[i] ?? scalar(this.sizeOf(encoded, arg)));
    return this.encoded;
  }

  get outs(): readonly Output[] {
    return this.encoded.flatMap(({ outs }) => outs);
  }

  encode(arg: Arg, key: string): Encoded {
    if (typeof arg === "number" || typeof arg === "bigint") return scalar(arg);
    if (typeof arg === "string") return scalar(this.constants.evaluate(arg));
    if (typeof arg === "boolean") return scalar(Number(arg));
    if (arg === null) return scalar(0);
    if (!isObject(arg)) throw new Error(`no form of argument: ${show(arg)}`);
    if (arg["$"] !== undefined) return scalar(this.variable(arg));
    if (arg["struct"] !== undefined) return struct(this, arg, key);
    for (const name of Object.keys(arg)) {
      const form = FORMS[name];
      if (form !== undefined) return form(this, arg, key);
    }
    if (arg["pid"] !== undefined) return scalar(this.pid(arg));
    if (arg["badptr"] !== undefined) return scalar(BAD_POINTER);
    throw new Error(`no form of argument: ${show(arg)}`);
  }

  place(bytes: Uint8Array): number {
    const address = this.keepsMemory
      ? this.agent.allocForGood(bytes.length)
      : this.agent.alloc(bytes.length);
    this.agent.write(address, bytes);
    return address;
  }

  read(address: number, bytes: number): Uint8Array {
    return this.agent.read(address, bytes);
  }

  argumentBehind(key: string): number | undefined {
    const behind = this.encoded[this.keys.indexOf(key) + 1];
    return behind === undefined || behind.outs.length === 0 ? undefined : Number(behind.value);
  }

  private variable(arg: ArgObject): Int {
    return this.symbols.variable(textOf(arg["$"])) + numberOf(this, arg["+"]);
  }

  private pid(arg: ArgObject): number {
    const name = textOf(arg["pid"]);
    const pid = this.symbols.pidOf(name);
    if (pid === undefined) throw new Error(`no process is called "${name}" yet`);
    return arg["neg"] === true ? -pid : pid;
  }

  private sizeOf(encoded: readonly (Encoded | undefined)[], arg: Arg | undefined): number {
    const index = isObject(arg) ? numberOf(this, arg["sizeof"]) : 0;
    return encoded[index]?.size ?? 0;
  }
}

function scalar(value: Int): Encoded {
  return { value, size: 0, outs: [] };
}

function isObject(arg: Arg | undefined): arg is ArgObject {
  return typeof arg === "object" && arg !== null && !Array.isArray(arg);
}

function isSizeof(arg: Arg): boolean {
  return isObject(arg) && arg["sizeof"] !== undefined;
}

function nameOf(arg: ArgObject): string | undefined {
  return typeof arg["name"] === "string" ? arg["name"] : undefined;
}
