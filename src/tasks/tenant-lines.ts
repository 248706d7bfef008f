/** A line per tenant, served in turn: who sends more waits longer behind himself, and nobody else waits longer for it. */
export class TenantLines<T> {
  /** By whose turn it is. */
  private readonly lines = new Map<string, T[]>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  of(tenant: string): number {
    return this.lines.get(tenant)?.length ?? 0;
  }

  push(tenant: string, item: T): void {
    const line = this.lines.get(tenant);
    if (line === undefined) this.lines.set(tenant, [item]);
    else line.push(item);
    this.count += 1;
  }

  /** At most `most` items: one of each tenant, then the next one of each. */
  take(most: number): T[] {
    const taken: T[] = [];
    // a line that is put back goes to the end of the map, and the walk comes to it again
    for (const [tenant, line] of this.lines) {
      if (taken.length === most) break;
      this.lines.delete(tenant);
      taken.push(line.shift()!);
      if (line.length > 0) this.lines.set(tenant, line);
    }
    this.count -= taken.length;
    return taken;
  }
}
