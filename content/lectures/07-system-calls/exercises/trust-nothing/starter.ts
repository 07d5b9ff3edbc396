import { SYSCALL_DEFINE } from "kernel-sim";

const ENOENT = 2;
const ENOMEM = 12;
const EFAULT = 14;
const EINVAL = 22;

/** The kernel's own table. It can be trusted; leave it as it is. */
const THREADS = new Map([
  [1, { kind: 1, name: "init" }],
  [2, { kind: 2, name: "kthreadd" }],
  [3, { kind: 2, name: "rcu_gp" }],
  [9, { kind: 2, name: "ksoftirqd/0" }],
  [11, { kind: 2, name: "migration/0" }],
  [77, { kind: 1, name: "getty" }],
  [404, { kind: 1, name: "a" }],
  [1000, { kind: 1, name: "fifteen-letters" }],
  [65535, { kind: 3, name: "nobody" }],
]);

const REQ_BYTES = 24; // struct name_req
const ID_BYTES = 4;
const INFO_BYTES = 32; // struct name_info
const NAMES_MAX = 1024;

/** C's unsigned int: 32 bits, and what does not fit is lost. */
const u32 = (value: number): number => value >>> 0;

/**
 * long get_names(struct name_req *req)
 *
 * Written by a colleague, tested with honest programs. It works.
 */
export const getNames = SYSCALL_DEFINE("get_names", function* (k, req) {
  const flags = yield* k.get_user(req + 4);
  if (flags !== 0) return -EINVAL;
  if (u32(((yield* k.get_user(req)) ?? 0) * ID_BYTES) > NAMES_MAX * ID_BYTES) return -EINVAL;

  const count = (yield* k.get_user(req)) ?? 0;
  const userIds = (yield* k.get_user(req + 8, 8)) ?? 0;
  const userInfos = (yield* k.get_user(req + 16, 8)) ?? 0;

  const info = yield* k.kmalloc(INFO_BYTES);
  for (let i = 0; i < count; i++) {
    const id = yield* k.get_user(userIds + i * ID_BYTES);
    const thread = THREADS.get(id ?? 0);
    if (thread === undefined) return -ENOENT;
    yield* k.store(info, thread.kind, 1);
    yield* k.store(info + 8, id ?? 0, 8);
    yield* k.strscpy(info + 16, thread.name, 16);
    yield* k.copy_to_user(userInfos + i * INFO_BYTES, info, INFO_BYTES);
  }
  yield* k.kfree(info);
  return count;
});
