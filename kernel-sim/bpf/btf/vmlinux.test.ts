import { expect, test } from "vitest";
import { callableKfuncs } from "../kfuncs/kfunc-entries.ts";
import type { Btf } from "./btf.ts";
import {
  BTF_KIND_FUNC,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_FWD,
  BTF_KIND_STRUCT,
  BTF_KIND_TYPEDEF,
  type BtfStruct,
  type BtfType,
} from "./kinds.ts";
import { memberPlace } from "./member-place.ts";
import { makeVmlinux } from "./vmlinux.ts";

test("of what functions for programs take and answer, all is known", () => {
  const btf = makeVmlinux();
  const unknown = callableKfuncs().flatMap((name) => {
    const func = btf.findByNameKind(name, BTF_KIND_FUNC);
    const proto = func?.kind === BTF_KIND_FUNC ? btf.typeById(func.type) : undefined;
    if (proto?.kind !== BTF_KIND_FUNC_PROTO) return [name];
    const types = [proto.type, ...proto.params.map(({ type }) => type)];
    const targets = types.map((type) => btf.resolvePtr(type));
    return targets.some((target) => target?.kind === BTF_KIND_FWD) ? [name] : [];
  });
  expect(unknown).toEqual([]);
});

test("what few programs name is there when one does, and nothing else changes", () => {
  const btf = makeVmlinux();
  const task = btf.findByNameKind("task_struct", BTF_KIND_STRUCT)!;
  const name = btf.nameOf(task);
  const device = memberTarget(btf, "sk_buff", "dev");
  expect(device?.kind).toBe(BTF_KIND_FWD);

  const whole = btf.findByNameKind("net_device", BTF_KIND_STRUCT);
  expect(whole?.id).toBe(device?.id);
  expect(memberTarget(btf, "sk_buff", "dev")).toBe(whole);
  expect(memberPlace(btf, whole as never, "ifindex")?.start).toBe(224);
  expect(btf.typeById(task.id)).toBe(task);
  expect(btf.nameOf(task)).toBe(name);
  expect(btf.findByNameKind("btf_trace_xdp_bulk_tx", BTF_KIND_TYPEDEF)).toBeDefined();
  expect(btf.findByNameKind("no_such_struct", BTF_KIND_STRUCT)).toBeUndefined();
});

test("whoever asks for what is only named hears that all of it is there", () => {
  expect(makeVmlinux().findByNameKind("net_device", BTF_KIND_FWD)).toBeUndefined();
});

/** What a member of a structure points to. */
function memberTarget(btf: Btf, struct: string, member: string): BtfType | undefined {
  const type = btf.findByNameKind(struct, BTF_KIND_STRUCT) as BtfStruct;
  const place = memberPlace(btf, type, member);
  return place && btf.resolvePtr(place.type.id);
}
