// Wrong: clears the padding, not the rest of the name.
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

/** long get_names(struct name_req *req) */
export const getNames = SYSCALL_DEFINE("get_names", function* (k, req) {
  // One fetch of the request: from here on only the kernel's copy counts.
  const own = yield* k.kmalloc(REQ_BYTES);
  if (own === 0) return -ENOMEM;
  const missing = yield* k.copy_from_user(own, req, REQ_BYTES);
  const count = yield* k.load(own);
  const flags = yield* k.load(own + 4);
  const userIds = yield* k.load(own + 8, 8);
  const userInfos = yield* k.load(own + 16, 8);
  yield* k.kfree(own);
  if (missing !== 0) return -EFAULT;
  if (flags !== 0 || count > NAMES_MAX) return -EINVAL;
  if (count === 0) return 0;

  const ids = yield* k.kmalloc_array(count, ID_BYTES);
  const infos = yield* k.kmalloc(count * INFO_BYTES);
  let result = count;
  if (ids === 0 || infos === 0) result = -ENOMEM;
  else if ((yield* k.copy_from_user(ids, userIds, count * ID_BYTES)) !== 0) result = -EFAULT;
  for (let i = 0; i < result; i++) {
    const id = yield* k.load(ids + i * ID_BYTES);
    const thread = THREADS.get(id);
    if (thread === undefined) {
      result = -ENOENT;
      break;
    }
    const info = infos + i * INFO_BYTES;
    yield* k.memset(info, 0, 16);
    yield* k.store(info, thread.kind, 1);
    yield* k.store(info + 8, id, 8);
    yield* k.strscpy(info + 16, thread.name, 16);
  }
  if (result > 0 && (yield* k.copy_to_user(userInfos, infos, count * INFO_BYTES)) !== 0) {
    result = -EFAULT;
  }
  yield* k.kfree(infos);
  yield* k.kfree(ids);
  return result;
});
