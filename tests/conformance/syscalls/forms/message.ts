import { readInt, writeInt } from "../bytes.ts";
import type { Arg, ArgObject } from "../scenario.ts";
import { MSG_FLAGS, recordFlags } from "../words.ts";
import { iov } from "./buffers.ts";
import {
  type Encoded,
  type Form,
  type Forms,
  intOf,
  listOf,
  numberOf,
  type Output,
  objectOf,
  type Target,
  textOf,
} from "./form.ts";
import { addressBytes, recordAddress } from "./socket.ts";

const MSGHDR_BYTES = 56;
const NAMELEN_AT = 8;
const CONTROLLEN_AT = 40;
const FLAGS_AT = 48;
const CMSGHDR_BYTES = 16;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const NAME_BYTES = 128;

interface Area {
  readonly address: number;
  readonly bytes: number;
}

const NO_AREA: Area = { address: 0, bytes: 0 };

function placeHeader(target: Target, name: Area, vectors: Encoded, control: Area): number {
  const header = new Uint8Array(MSGHDR_BYTES);
  writeInt(header, 0, "u64", name.address);
  writeInt(header, NAMELEN_AT, "u32", name.bytes);
  writeInt(header, 16, "u64", vectors.value);
  writeInt(header, 24, "u64", vectors.size);
  writeInt(header, 32, "u64", control.address);
  writeInt(header, CONTROLLEN_AT, "u64", control.bytes);
  return target.place(header);
}

function place(target: Target, bytes: Uint8Array): Area {
  return { address: target.place(bytes), bytes: bytes.length };
}

const msg: Form = (target, arg, key) => {
  const given = objectOf(arg["msg"]);
  const vectors = iov(target, { iov: given["iov"] ?? [] }, key);
  const name =
    given["to"] === undefined ? NO_AREA : place(target, addressBytes(target, given["to"]));
  const control =
    given["control"] === undefined
      ? NO_AREA
      : place(target, controlBytes(target, given["control"]));
  const value = placeHeader(target, name, vectors, control);
  return { value, size: MSGHDR_BYTES, outs: vectors.outs };
};

function controlBytes(target: Target, control: Arg): Uint8Array {
  return Buffer.concat(listOf(control).map((item) => controlMessage(target, objectOf(item))));
}

function controlMessage(target: Target, item: ArgObject): Uint8Array {
  if (item["rights"] !== undefined) {
    const fds = listOf(item["rights"]);
    const data = new Uint8Array(fds.length * 4);
    for (const [i, fd] of fds.entries()) writeInt(data, i * 4, "s32", intOf(target, fd));
    return withControlHeader(SCM_RIGHTS, data);
  }
  const { pid, uid, gid } = objectOf(item["cred"]);
  const data = new Uint8Array(12);
  writeInt(data, 0, "s32", intOf(target, pid));
  writeInt(data, 4, "u32", intOf(target, uid));
  writeInt(data, 8, "u32", intOf(target, gid));
  return withControlHeader(SCM_CREDENTIALS, data);
}

function withControlHeader(type: number, data: Uint8Array): Uint8Array {
  const length = CMSGHDR_BYTES + data.length;
  const bytes = new Uint8Array(align8(length));
  writeInt(bytes, 0, "u64", length);
  writeInt(bytes, 8, "s32", SOL_SOCKET);
  writeInt(bytes, 12, "s32", type);
  bytes.set(data, CMSGHDR_BYTES);
  return bytes;
}

function align8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

const rmsg: Form = (target, arg, key) => {
  const given = objectOf(arg["rmsg"]);
  const vectors = iov(target, { iov: given["iov"] ?? [] }, key);
  const hasFrom = given["from"] !== undefined && given["from"] !== 0 && given["from"] !== false;
  const name = hasFrom ? place(target, new Uint8Array(NAME_BYTES)) : NO_AREA;
  const room = numberOf(target, given["control"]);
  const control = given["control"] === undefined ? NO_AREA : place(target, new Uint8Array(room));
  const value = placeHeader(target, name, vectors, control);
  const names = given["rights"] === undefined ? [] : listOf(given["rights"]).map(textOf);
  const record = () => {
    const after = target.read(value, MSGHDR_BYTES);
    const recorded: Record<string, unknown> = {
      flags: recordFlags(readInt(after, FLAGS_AT, "u32"), MSG_FLAGS),
    };
    if (given["control"] !== undefined) {
      const filled = Math.min(readInt(after, CONTROLLEN_AT, "u64"), room);
      recorded["control"] = recordControl(target, target.read(control.address, filled), names);
    }
    if (hasFrom) {
      const filled = Math.min(readInt(after, NAMELEN_AT, "u32"), NAME_BYTES);
      recorded["from"] = recordAddress(target.read(name.address, filled));
    }
    return recorded;
  };
  const message: Output = { key: `${key}.msg`, record };
  return { value, size: MSGHDR_BYTES, outs: [...vectors.outs, message] };
};

/** The control messages in order; descriptors go into the named variables, one after the other. */
function recordControl(target: Target, bytes: Uint8Array, names: readonly string[]): unknown[] {
  const recorded: unknown[] = [];
  let named = 0;
  for (let at = 0; at + CMSGHDR_BYTES <= bytes.length; ) {
    const length = readInt(bytes, at, "u64");
    if (length < CMSGHDR_BYTES) break;
    const level = readInt(bytes, at + 8, "s32");
    const type = readInt(bytes, at + 12, "s32");
    const data = bytes.subarray(at + CMSGHDR_BYTES, Math.min(at + length, bytes.length));
    if (level === SOL_SOCKET && type === SCM_RIGHTS) {
      const fds = recordRights(data);
      for (const fd of fds) {
        const name = names[named++];
        if (name !== undefined) target.symbols.setVariable(name, fd);
      }
      recorded.push({ rights: fds });
    } else if (level === SOL_SOCKET && type === SCM_CREDENTIALS) {
      const pid = target.symbols.recordPid(readInt(data, 0, "s32"));
      recorded.push({
        cred: { pid, uid: readInt(data, 4, "u32"), gid: readInt(data, 8, "u32") },
      });
    } else {
      recorded.push({ level, type });
    }
    at += align8(length);
  }
  return recorded;
}

function recordRights(data: Uint8Array): number[] {
  const fds: number[] = [];
  for (let at = 0; at + 4 <= data.length; at += 4) fds.push(readInt(data, at, "s32"));
  return fds;
}

export const MESSAGE_FORMS: Forms = { msg, rmsg };
