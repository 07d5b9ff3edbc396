import { readBig, readInt, recordInt, writeInt } from "../bytes.ts";
import { EPOLL_FLAGS, POLL_FLAGS, recordFlags } from "../words.ts";
import { type Form, type Forms, input, intOf, listOf, numberOf, objectOf, output } from "./form.ts";

const pollfds: Form = (target, arg, key) => {
  const fds = listOf(arg["pollfds"]).map(objectOf);
  const bytes = new Uint8Array(fds.length * 8);
  for (const [i, { fd, events }] of fds.entries()) {
    writeInt(bytes, i * 8, "s32", intOf(target, fd));
    writeInt(bytes, i * 8 + 4, "s16", intOf(target, events));
  }
  return output(target, key, bytes, (after) =>
    fds.map((_, i) => recordFlags(readInt(after, i * 8 + 6, "u16"), POLL_FLAGS)),
  );
};

const FD_SET_BYTES = 128;

const fdset: Form = (target, arg, key) => {
  const bytes = new Uint8Array(FD_SET_BYTES);
  for (const item of listOf(arg["fdset"])) {
    const fd = numberOf(target, item);
    const byte = fd >> 3;
    // A descriptor that is not there cannot be asked for.
    if (fd >= 0 && byte < FD_SET_BYTES) bytes[byte] = (bytes[byte] ?? 0) | (1 << (fd & 7));
  }
  return output(target, key, bytes, (after) => {
    const fds: number[] = [];
    for (let fd = 0; fd < FD_SET_BYTES * 8; fd++) {
      if ((after[fd >> 3] ?? 0) & (1 << (fd & 7))) fds.push(fd);
    }
    return fds;
  });
};

/** `struct epoll_event` is packed on x86-64: 12 bytes. */
const EPOLL_EVENT_BYTES = 12;

const epollEvent: Form = (target, arg) => {
  const { events, data } = objectOf(arg["epoll_event"]);
  const bytes = new Uint8Array(EPOLL_EVENT_BYTES);
  writeInt(bytes, 0, "u32", intOf(target, events));
  writeInt(bytes, 4, "u64", intOf(target, data));
  return input(target, bytes);
};

const epollOut: Form = (target, arg, key) => {
  const count = numberOf(target, arg["epoll_out"]);
  return output(target, key, new Uint8Array(count * EPOLL_EVENT_BYTES), (after, ret) => {
    const events: unknown[] = [];
    for (let i = 0; i < Math.min(ret, count); i++) {
      const at = i * EPOLL_EVENT_BYTES;
      events.push([
        recordFlags(readInt(after, at, "u32"), EPOLL_FLAGS),
        recordInt(readBig(after, at + 4, "u64")),
      ]);
    }
    return events;
  });
};

export const POLL_FORMS: Forms = {
  pollfds,
  fdset,
  epoll_event: epollEvent,
  epoll_out: epollOut,
};
