import {
  E2BIG,
  EBADF,
  EBUSY,
  EINPROGRESS,
  EINVAL,
  ENOENT,
  ENOMEM,
  ENOTSUPP,
  EOPNOTSUPP,
} from "../../include/errno.ts";
import { funcPtrProto } from "../btf/func-ptr.ts";
import {
  BTF_KIND_PTR,
  BTF_KIND_STRUCT,
  type BtfMember,
  type BtfStruct,
  memberBitOffset,
} from "../btf/kinds.ts";
import { btfVmlinux } from "../btf/vmlinux.ts";
import { LoadedProgram } from "../program.ts";
import { FilledTable, type StructOpsTable, structOpsTable } from "../struct-ops/tables.ts";
import { BPF_PROG_TYPE_STRUCT_OPS } from "../uapi.ts";
import { BPF_F_LINK, BPF_F_VTYPE_BTF_OBJ_FD } from "./flags.ts";
import { KernelMap, type MapCreateAttr } from "./map.ts";
import type { MapHost } from "./map-host.ts";

/** What a table is filled in with: its own structure behind how far it has come. */
const VALUE_PREFIX = "bpf_struct_ops_";
/** Where `refcnt` and `state` stand in the value, 4 bytes each. */
const REFCNT_AT = 0;
const STATE_AT = 4;

/** How far it has come. @linux include/linux/bpf.h `enum bpf_struct_ops_state` (6.18) */
const INIT = 0;
const INUSE = 1;
const TOBEFREE = 2;
const READY = 3;
type State = typeof INIT | typeof INUSE | typeof TOBEFREE | typeof READY;

/**
 * A table of functions of the kernel, each a program, as user space fills it in. It is registered as soon as it is filled
 * in, or with BPF_F_LINK by a link.
 *
 * @linux kernel/bpf/bpf_struct_ops.c `struct bpf_struct_ops_map` (6.18)
 * @simplified nothing calls the functions of a table that is registered.
 */
export class StructOpsMap extends KernelMap {
  readonly table: StructOpsTable;
  readonly #host: MapHost;
  readonly #type: BtfStruct;
  /** The table in the value, and where it stands there. */
  readonly #data: BtfStruct;
  readonly #dataAt: number;
  /** The value as user space reads it, with numbers of programs; where it lies. */
  readonly #value: number;
  #state: State = INIT;
  #filled = new FilledTable();
  /** What `initMember` answered last. */
  #said = 0;
  #progs: LoadedProgram[] = [];

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_alloc` (6.18) */
  static create(attr: MapCreateAttr, host: MapHost): StructOpsMap | number {
    // There are no modules, whose types it could be.
    if ((attr.mapFlags & BPF_F_VTYPE_BTF_OBJ_FD) !== 0) return -EINVAL;
    const btf = btfVmlinux();
    const type = btf.typeById(attr.btfVmlinuxValueTypeId ?? 0);
    const name = type?.kind === BTF_KIND_STRUCT ? btf.nameOf(type) : "";
    const tableName = name.startsWith(VALUE_PREFIX) ? name.slice(VALUE_PREFIX.length) : "";
    const table = structOpsTable(tableName);
    if (type?.kind !== BTF_KIND_STRUCT || table === undefined) return -ENOTSUPP;
    if (attr.valueSize !== type.size) return -EINVAL;
    const data = btf.findByNameKind(tableName, BTF_KIND_STRUCT) as BtfStruct;
    const map = new StructOpsMap(attr, host, { table, type, data });
    return map.#value === 0 ? -ENOMEM : map;
  }

  private constructor(
    attr: MapCreateAttr,
    host: MapHost,
    kind: { readonly table: StructOpsTable; readonly type: BtfStruct; readonly data: BtfStruct },
  ) {
    super(attr, host.memory, host.cpus);
    this.#host = host;
    this.table = kind.table;
    this.#type = kind.type;
    this.#data = kind.data;
    this.#dataAt = memberBitOffset(kind.type, kind.type.members[1]!) / 8;
    this.#value = this.memory.alloc(attr.valueSize);
  }

  override lookup(_key: number, _cpu: number): number {
    return 0;
  }

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_sys_lookup_elem` (6.18) */
  override copyValue(key: number, to: number): number {
    if (this.#indexAt(key) !== 0) return -ENOENT;
    const { bytes, view } = this.memory;
    bytes.copyWithin(to, this.#value, this.#value + this.attr.valueSize);
    if (this.#state === INIT) return 0;
    view.setInt32(to + STATE_AT, this.#state, true);
    // Who uses it, beside those who have a descriptor.
    const { all, users } = this.#host.holdersOf(this);
    view.setInt32(to + REFCNT_AT, all - users, true);
    return 0;
  }

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_update_elem` (6.18) */
  override update(key: number, value: number, flags: number, _cpu: number): number {
    if (flags !== 0) return -EINVAL;
    if (this.#indexAt(key) !== 0) return -E2BIG;
    const areZero =
      this.#areHolesZero(this.#type, value) && this.#areHolesZero(this.#data, value + this.#dataAt);
    if (!areZero) return -EINVAL;
    const { view } = this.memory;
    if (view.getInt32(value + STATE_AT, true) !== 0) return -EINVAL;
    if (view.getInt32(value + REFCNT_AT, true) !== 0) return -EINVAL;
    if (this.#state !== INIT) return -EBUSY;
    const state = this.#takeOver(value);
    if (state > 0) this.#state = state as State;
    else this.#reset();
    // When somebody else owns it, it is not taken, and what was said of the member before is answered.
    return state === 0 ? this.#said : Math.min(state, 0);
  }

  /** The state that it has come to, 0 when that is none, or a negative errno. */
  #takeOver(value: number): number {
    this.memory.bytes.copyWithin(this.#value, value, value + this.attr.valueSize);
    for (const [index, member] of this.#data.members.entries()) {
      const taken = this.#takeMember(index, member);
      if (taken !== true) return taken;
    }
    const invalid = this.table.validate(this.#filled);
    if (invalid !== 0) return invalid;
    if (this.isForLinks) return READY;
    const err = this.register();
    if (err !== 0) return err;
    this.#host.ref(this);
    return INUSE;
  }

  #takeMember(index: number, member: BtfMember): true | number {
    const btf = btfVmlinux();
    const name = btf.nameOf(member);
    const at = this.#value + this.#dataAt + memberBitOffset(this.#data, member) / 8;
    const bytes = this.memory.bytes.subarray(at, at + btf.typeIdSize(member.type)!.size);
    const isZero = bytes.every((byte) => byte === 0);
    if (isModulePointer(member)) return isZero ? true : 0;
    const done = this.table.initMember({ name, bytes }, this.#filled);
    this.#said = done;
    if (done < 0) return done;
    if (done > 0) return true;
    if (funcPtrProto(member.type) === undefined) return isZero ? true : -EINVAL;
    const fd = this.memory.view.getInt32(at, true);
    if (fd === 0) return true;
    const prog = this.#progOf(fd, index);
    if (typeof prog === "number") return prog;
    this.#host.ref(prog);
    this.#progs.push(prog);
    this.#filled.members.add(name);
    this.memory.view.setUint32(at, prog.id, true);
    this.memory.view.setUint32(at + 4, 0, true);
    return true;
  }

  #progOf(fd: number, member: number): LoadedProgram | number {
    const prog = this.#host.objectOf(fd);
    if (!(prog instanceof LoadedProgram)) return this.#host.hasFile(fd) ? -EINVAL : -EBADF;
    const isForMember =
      prog.type === BPF_PROG_TYPE_STRUCT_OPS &&
      prog.target.btfId === this.#data.id &&
      prog.expectedAttachType === member;
    return isForMember ? prog : -EINVAL;
  }

  #reset(): void {
    this.#putProgs();
    this.#filled = new FilledTable();
    this.memory.bytes.fill(0, this.#value, this.#value + this.attr.valueSize);
  }

  #putProgs(): void {
    for (const prog of this.#progs) this.#host.unref(prog);
    this.#progs = [];
  }

  /** It waits for links. */
  get isForLinks(): boolean {
    return (this.attr.mapFlags & BPF_F_LINK) !== 0;
  }

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_valid_to_reg` (6.18) */
  get isValidToRegister(): boolean {
    return this.isForLinks && this.#state === READY;
  }

  register(): 0 | number {
    return this.table.reg(this.#filled, this.#host.congestion);
  }

  unregister(): void {
    this.table.unreg(this.#filled, this.#host.congestion);
  }

  /** Takes the place of one of the same kind that is registered. */
  replace(old: StructOpsMap): 0 | number {
    if (old.table !== this.table) return -EINVAL;
    return this.table.update(this.#filled, old.#filled, this.#host.congestion);
  }

  /** Bytes between the members and behind them. @linux kernel/bpf/bpf_struct_ops.c `check_zero_holes` (6.18) */
  #areHolesZero(struct: BtfStruct, value: number): boolean {
    const { bytes } = this.memory;
    const isZero = (from: number, to: number) =>
      bytes.subarray(value + from, value + to).every((byte) => byte === 0);
    let end = 0;
    for (const member of struct.members) {
      const start = memberBitOffset(struct, member) / 8;
      if (!isZero(end, start)) return false;
      end = start + btfVmlinux().typeIdSize(member.type)!.size;
    }
    return isZero(end, struct.size);
  }

  #indexAt(key: number): number {
    return this.memory.view.getInt32(key, true);
  }

  /** @linux kernel/bpf/bpf_struct_ops.c `bpf_struct_ops_map_delete_elem` (6.18) */
  override delete(_key: number): number {
    if (this.isForLinks) return -EOPNOTSUPP;
    if (this.#state === INIT) return -ENOENT;
    if (this.#state === TOBEFREE) return -EINPROGRESS;
    this.#state = TOBEFREE;
    this.unregister();
    this.#host.unref(this);
    return 0;
  }

  override nextKey(key: number, next: number): number {
    if (key !== 0 && this.#indexAt(key) === 0) return -ENOENT;
    this.memory.view.setInt32(next, 0, true);
    return 0;
  }

  override free(): void {
    this.#putProgs();
    this.memory.free(this.#value, this.attr.valueSize);
  }
}

/** Who owns the table: always BPF itself. */
function isModulePointer(member: BtfMember): boolean {
  const btf = btfVmlinux();
  const pointer = btf.skipModifiers(member.type);
  if (pointer?.kind !== BTF_KIND_PTR) return false;
  const target = btf.typeById(pointer.type);
  return target !== undefined && btf.nameOf(target) === "module";
}
