import type { Socket } from 'node:net';
import { Client, type Dispatcher, Pool } from 'undici';
import type { Connector, ConnectProgress } from './connector.js';

export interface OriginPoolsOptions {
  readonly connect: Connector;
  readonly now: () => number;
  /** Pools kept while nobody uses them. Those in use are as many as their users. */
  readonly maxPools?: number;
  /** Above any in-flight cap of the callers, so that waiting happens there and not in here. */
  readonly connectionsPerOrigin?: number;
  readonly idlePoolMs?: number;
}

/** One connection of a pool, as an exchange sees it. */
export interface Connection extends ConnectProgress {
  socket: Socket | null;
  /** Requests written to the present socket. */
  exchanges: number;
}

/** Wants to know which connection its request was given to, before it is written. */
export interface ConnectionUser extends Dispatcher.DispatchHandler {
  assigned(connection: Connection): void;
}

interface OriginPool {
  readonly pool: Pool;
  users: number;
  lastUsedAt: number;
}

/** A keep-alive pool for each origin in use, oldest use first. Their sockets close themselves when idle; empty pools are dropped here. */
export class OriginPools {
  private readonly pools = new Map<string, OriginPool>();
  private readonly maxPools: number;
  private readonly idlePoolMs: number;

  constructor(private readonly options: OriginPoolsOptions) {
    this.maxPools = options.maxPools ?? 1_000;
    this.idlePoolMs = options.idlePoolMs ?? 60_000;
  }

  get size(): number {
    return this.pools.size;
  }

  /** The caller says `release` when its exchange is settled. */
  dispatch(origin: string, request: Dispatcher.DispatchOptions, user: ConnectionUser): void {
    const entry = this.pools.get(origin) ?? this.add(origin);
    // Moves it to the end: the map's order is the order of last use.
    this.pools.delete(origin);
    this.pools.set(origin, entry);
    entry.users += 1;
    entry.lastUsedAt = this.options.now();
    entry.pool.dispatch(request, user);
  }

  release(origin: string): void {
    const entry = this.pools.get(origin);
    if (entry) entry.users -= 1;
  }

  /** Ends what is under way. */
  async destroy(): Promise<void> {
    const all = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(all.map(({ pool }) => pool.destroy()));
  }

  private add(origin: string): OriginPool {
    this.evict();
    return { pool: this.createPool(origin), users: 0, lastUsedAt: 0 };
  }

  /** Here, and not by a timer: only new pools make old ones matter. */
  private evict(): void {
    const idleSince = this.options.now() - this.idlePoolMs;
    for (const [origin, entry] of this.pools) {
      const full = this.pools.size >= this.maxPools;
      if (!full && entry.lastUsedAt > idleSince) return;
      if (entry.users > 0) continue;
      this.pools.delete(origin);
      // Graceful: a body that is still being drained may end.
      void entry.pool.close();
    }
  }

  private createPool(origin: string): Pool {
    const { connect } = this.options;
    return new Pool(origin, {
      connections: this.options.connectionsPerOrigin ?? 256,
      pipelining: 1,
      allowH2: false,
      // Servers keep idle connections for 5 s or more; leave before they do, since a request written into a closing one has an unknown outcome.
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 30_000,
      keepAliveTimeoutThreshold: 1_000,
      // A busy connection would outlive every change of its name; renewing it asks the resolver and the rules again.
      clientTtl: 300_000,
      // The exchange has one deadline over everything.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 16_384,
      factory: (url: URL, options: object) => new WatchedClient(url, options, connect),
    });
  }
}

/** A client is one connection. Undici tells a handler nothing about it, so this one does. */
class WatchedClient extends Client {
  private readonly connection: Connection;

  constructor(origin: URL, options: Client.Options, connect: Connector) {
    const connection: Connection = { stage: null, socket: null, exchanges: 0 };
    super(origin, {
      ...options,
      connect: (asked, callback) =>
        connect(
          asked,
          (...outcome) => {
            connection.socket = outcome[1];
            connection.exchanges = 0;
            callback(...outcome);
          },
          connection,
        ),
    });
    this.connection = connection;
  }

  override dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    (handler as ConnectionUser).assigned(this.connection);
    return super.dispatch(request, handler);
  }
}
