import { getInt64, setInt64 } from "../../../mm/uaccess.ts";

/** Bytes of `struct ipc64_perm` of 64-bit programs. */
const PERM = 48;
/** Whether the caller asked for the newer structures (`IPC_64`). */
export type IpcVersion = "old" | "64";

/** One kind of object, as the two kinds of programs see it. */
export interface IpcLayout {
  /** Bytes of the structure of 64-bit programs, of the newer and of the old one of 32-bit programs. */
  readonly wideBytes: number;
  readonly bytes: number;
  readonly oldBytes: number;
  /** Fields behind the permissions: place and size in the three of them; a size of 0: not there. */
  readonly fields: readonly IpcField[];
}

interface IpcField {
  readonly wide: readonly [at: number, bytes: 4 | 8];
  readonly at: readonly [at: number, bytes: 4 | 8];
  readonly old?: readonly [at: number, bytes: 2 | 4];
}

/** @linux include/linux/compat.h `compat_semid64_ds`, `compat_semid_ds` (6.18) */
export const SEM_LAYOUT: IpcLayout = {
  wideBytes: 104,
  bytes: 64,
  oldBytes: 44,
  fields: [
    { wide: [PERM, 8], at: [36, 8], old: [16, 4] },
    { wide: [64, 8], at: [44, 8], old: [20, 4] },
    { wide: [80, 8], at: [52, 4], old: [40, 2] },
  ],
};

/** @linux include/linux/compat.h `compat_msqid64_ds`, ipc/compat.c `compat_msqid_ds` (6.18) */
export const MSG_LAYOUT: IpcLayout = {
  wideBytes: 120,
  bytes: 88,
  oldBytes: 56,
  fields: [
    { wide: [48, 8], at: [36, 8], old: [24, 4] },
    { wide: [56, 8], at: [44, 8], old: [28, 4] },
    { wide: [64, 8], at: [52, 8], old: [32, 4] },
    { wide: [72, 8], at: [60, 4], old: [44, 2] },
    { wide: [80, 8], at: [64, 4], old: [46, 2] },
    { wide: [88, 8], at: [68, 4], old: [48, 2] },
    { wide: [96, 4], at: [72, 4], old: [50, 2] },
    { wide: [100, 4], at: [76, 4], old: [52, 2] },
  ],
};

/** @linux include/linux/compat.h `compat_shmid64_ds`, ipc/shm.c `compat_shmid_ds` (6.18) */
export const SHM_LAYOUT: IpcLayout = {
  wideBytes: 112,
  bytes: 84,
  oldBytes: 48,
  fields: [
    { wide: [48, 8], at: [36, 4], old: [16, 4] },
    { wide: [56, 8], at: [40, 8], old: [20, 4] },
    { wide: [64, 8], at: [48, 8], old: [24, 4] },
    { wide: [72, 8], at: [56, 8], old: [28, 4] },
    { wide: [80, 4], at: [64, 4], old: [32, 2] },
    { wide: [84, 4], at: [68, 4], old: [34, 2] },
    { wide: [88, 8], at: [72, 4], old: [36, 2] },
  ],
};

/** What a call told a 64-bit program, for a 32-bit one. */
export function narrowIpc(wide: DataView, layout: IpcLayout, version: IpcVersion): Uint8Array {
  const isOld = version === "old";
  const out = new DataView(new ArrayBuffer(isOld ? layout.oldBytes : layout.bytes));
  out.setInt32(0, wide.getInt32(0, true), true);
  [4, 8, 12, 16].forEach((at, i) => {
    const id = wide.getUint32(at, true);
    if (isOld) out.setUint16(4 + i * 2, id > 0xffff ? 65_534 : id, true);
    else out.setUint32(at, id, true);
  });
  out.setUint16(isOld ? 12 : 20, wide.getUint32(20, true), true);
  out.setUint16(isOld ? 14 : 24, wide.getUint16(24, true), true);
  for (const {
    wide: [from, fromBytes],
    at,
    old,
  } of layout.fields) {
    const value = fromBytes === 8 ? getInt64(wide, from) : wide.getInt32(from, true);
    const [to, bytes] = isOld ? (old ?? [0, 0]) : at;
    if (bytes === 8) setInt64(out, to, value);
    else if (bytes === 4) out.setInt32(to, value | 0, true);
    else if (bytes === 2) out.setUint16(to, value, true);
  }
  return new Uint8Array(out.buffer);
}

/** What a 32-bit program asks IPC_SET for, as a 64-bit one would: owner, mode, and the limit of a queue. */
export function widenIpc(narrow: DataView, layout: IpcLayout, version: IpcVersion): DataView {
  const isOld = version === "old";
  const wide = new DataView(new ArrayBuffer(layout.wideBytes));
  wide.setUint32(4, isOld ? narrow.getUint16(4, true) : narrow.getUint32(4, true), true);
  wide.setUint32(8, isOld ? narrow.getUint16(6, true) : narrow.getUint32(8, true), true);
  wide.setUint32(20, narrow.getUint16(isOld ? 12 : 20, true), true);
  if (layout === MSG_LAYOUT) {
    setInt64(wide, 88, isOld ? narrow.getUint16(48, true) : narrow.getUint32(68, true));
  }
  return wide;
}
