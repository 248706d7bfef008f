import type { Sql } from '../database/sql.js';
import { findLiveKeys, hashKey, type LiveKey, noteKeyUse } from './api-keys.js';
import type { Principal } from './principal.js';

/** Something random that a caller shows, and that is stored as its hash. */
export interface KindOfKey {
  /** Of these hashes, those that open something now. */
  findLive(sql: Sql, hashes: readonly Buffer[]): Promise<LiveKey[]>;
  /** What its use is noted under. */
  idOf(holder: Principal): string;
  noteUse(sql: Sql, ids: readonly string[]): Promise<void>;
}

const apiKeys: KindOfKey = { findLive: findLiveKeys, idOf: ({ keyId }) => keyId, noteUse: noteKeyUse };

export interface KeyCacheOptions {
  /** How long an answer counts, in ms: a key that is revoked elsewhere is refused here after at most this long. */
  ttlMs: number;
  /** Ms on a clock that never jumps. */
  now(): number;
}

/** Of each kind. A flood of made-up keys drives out other made-up keys, never a real one. */
const MAX_ENTRIES = 10_000;
const MAX_BATCH = 500;

interface Entry {
  holder: Principal | null;
  until: number;
}

interface Question {
  hash: Buffer;
  answer: Promise<Principal | null>;
  resolve(holder: Principal | null): void;
  reject(error: unknown): void;
}

/**
 * Who holds a key, without asking Postgres at every request. What is not known is asked in batches, one at a time, so that
 * however many unknown keys come in, they take up one connection of the pool.
 */
export class KeyCache {
  private readonly known = new Map<string, Entry>();
  private readonly refused = new Map<string, Entry>();
  private readonly questions = new Map<string, Question>();
  private readonly used = new Set<string>();
  private asking = false;
  /** Grows with every `forget`: an answer that was read before is not kept. */
  private generation = 0;

  constructor(
    private readonly sql: Sql,
    private readonly options: KeyCacheOptions,
    private readonly kind: KindOfKey = apiKeys,
  ) {}

  /** Null when nobody holds this key (any more). At once when it is known, else a promise. */
  find(key: string): Principal | null | Promise<Principal | null> {
    const hash = hashKey(key);
    const digest = hash.toString('base64');
    const entry = this.known.get(digest) ?? this.refused.get(digest);
    if (entry === undefined || entry.until <= this.options.now()) return this.ask(digest, hash).then((holder) => this.noteUse(holder));
    return this.noteUse(entry.holder);
  }

  /** Keys have changed: what is known of them no longer counts in this process. */
  forget(): void {
    this.generation += 1;
    this.known.clear();
    this.refused.clear();
  }

  /** Writes down which keys were used since the last time. */
  async flushUse(): Promise<void> {
    const ids = [...this.used];
    this.used.clear();
    if (ids.length > 0) await this.kind.noteUse(this.sql, ids);
  }

  private noteUse(holder: Principal | null): Principal | null {
    if (holder !== null) this.used.add(this.kind.idOf(holder));
    return holder;
  }

  private ask(digest: string, hash: Buffer): Promise<Principal | null> {
    const asked = this.questions.get(digest);
    if (asked !== undefined) return asked.answer;
    const { promise, resolve, reject } = Promise.withResolvers<Principal | null>();
    this.questions.set(digest, { hash, answer: promise, resolve, reject });
    void this.askAll();
    return promise;
  }

  private async askAll(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    while (this.questions.size > 0) {
      const batch = [...this.questions].slice(0, MAX_BATCH);
      for (const [digest] of batch) this.questions.delete(digest);
      await this.answer(batch);
    }
    this.asking = false;
  }

  private async answer(batch: [string, Question][]): Promise<void> {
    const { generation } = this;
    const askedAt = this.options.now();
    try {
      const live = await this.kind.findLive(
        this.sql,
        batch.map(([, { hash }]) => hash),
      );
      const found = new Map(live.map((key) => [key.hash.toString('base64'), key]));
      for (const [digest, { resolve }] of batch) {
        const key = found.get(digest);
        if (generation === this.generation) this.keep(digest, key, askedAt);
        resolve(key?.holder ?? null);
      }
    } catch (error) {
      for (const [, { reject }] of batch) reject(error);
    }
  }

  /** Counted from the question: what was true then may have changed while the answer was on its way. */
  private keep(digest: string, key: LiveKey | undefined, askedAt: number): void {
    this.known.delete(digest);
    this.refused.delete(digest);
    const ttlMs = Math.min(this.options.ttlMs, key?.expiresInMs ?? Number.POSITIVE_INFINITY);
    const entries = key === undefined ? this.refused : this.known;
    if (entries.size >= MAX_ENTRIES) entries.delete(entries.keys().next().value!); // the oldest
    entries.set(digest, { holder: key?.holder ?? null, until: askedAt + ttlMs });
  }
}
