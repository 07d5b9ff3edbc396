/**
 * The names of one scenario: variables, processes, and numbers that differ from run to run and are
 * therefore recorded by the order in which they first appeared.
 */
export class Symbols {
  private readonly variables = new Map<string, number>();
  private readonly addressVariables = new Set<string>();
  private readonly pids = new Map<string, number>([["init", 1]]);
  private readonly inodes = new Map<string, string>();
  private readonly cookies = new Map<number, number>();

  setVariable(name: string, value: number, isAddress = false): void {
    this.variables.set(name, value);
    if (isAddress) this.addressVariables.add(name);
    else this.addressVariables.delete(name);
  }

  /** A variable that nothing was saved in has the value of a failed call. */
  variable(name: string): number {
    return this.variables.get(name) ?? -1;
  }

  /** The first variable that holds a value. */
  variableHolding(value: number): string | undefined {
    for (const name of this.addressVariables) {
      if (this.variables.get(name) === value) return name;
    }
    return undefined;
  }

  /** An address as the nearest variable at or below it, plus what is between. */
  recordAddress(address: number): unknown {
    let nearest: string | undefined;
    let base = -1;
    for (const name of this.addressVariables) {
      const value = this.variable(name);
      if (value < 0 || value > address || value <= base) continue;
      nearest = name;
      base = value;
    }
    if (address === 0 || nearest === undefined) return address;
    return address === base ? { addr: nearest } : { addr: nearest, "+": address - base };
  }

  namePid(name: string, pid: number): void {
    this.pids.set(name, pid);
  }

  pidOf(name: string): number | undefined {
    return this.pids.get(name);
  }

  hasPid(pid: number): boolean {
    return [...this.pids.values()].includes(pid);
  }

  /** A pid by the name of its process; 0 and -1 stay numbers, groups are negative. */
  recordPid(pid: number): unknown {
    if (pid === 0 || pid === -1) return pid;
    if (pid < 0) return { ...this.pidObject(-pid), neg: true };
    return this.pidObject(pid);
  }

  private pidObject(pid: number): { pid: string } {
    // The newest holder of a number: a pid may be given out again.
    let found = "?";
    for (const [name, value] of this.pids) if (value === pid) found = name;
    return { pid: found };
  }

  recordInode(dev: number, ino: bigint): string {
    const key = `${dev}:${ino}`;
    const known = this.inodes.get(key) ?? `i${this.inodes.size + 1}`;
    this.inodes.set(key, known);
    return known;
  }

  recordCookie(cookie: number): number {
    if (cookie === 0) return 0;
    const known = this.cookies.get(cookie) ?? this.cookies.size + 1;
    this.cookies.set(cookie, known);
    return known;
  }
}
