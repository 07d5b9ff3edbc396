/**
 * A network namespace. What each protocol keeps for it (ports, abstract names, counters) hangs here by name.
 *
 * @linux include/net/net_namespace.h `struct net` (6.18)
 */
export class NetNamespace {
  /** `net.unix.max_dgram_qlen`, `net.core.somaxconn`, `net.ipv4.ip_unprivileged_port_start`. */
  unixMaxDgramQlen = 10;
  somaxconn = 4096;
  unprivilegedPortStart = 1024;
  /** `net.ipv4.ip_local_port_range`. */
  localPortMin = 32_768;
  localPortMax = 60_999;
  /** `net.ipv4.ping_group_range`: nobody may ping without CAP_NET_RAW. */
  pingGroupMin = 1;
  pingGroupMax = 0;
  /** What `lo` has carried; of a header of TCP 32 bytes are counted, whatever its options. */
  loPackets = 0;
  loBytes = 0;
  readonly #protocols = new Map<string, unknown>();

  /** What a protocol keeps in this namespace, made when first asked for (`net_generic`). */
  generic<T>(name: string, make: () => T): T {
    if (!this.#protocols.has(name)) this.#protocols.set(name, make());
    return this.#protocols.get(name) as T;
  }
}
