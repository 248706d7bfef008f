import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../src/platform/ids.js';
import { claimDue, type Delivery, MAX_LOST_STREAK } from '../../src/webhooks/delivery/claim-due.js';
import { finishAttempts } from '../../src/webhooks/delivery/finish-attempts.js';
import { judge, released, type Verdict } from '../../src/webhooks/delivery/outcome.js';
import { planNext } from '../../src/webhooks/delivery/plan-next.js';
import { redeliver } from '../../src/webhooks/outbox/redeliver.js';
import { sweepOutbox } from '../../src/webhooks/outbox/sweep.js';
import { dueRow, openParts, type Parts } from '../support/parts.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';

const MAX_ATTEMPTS = 3;

/** What must be true of the one webhook of a sequence, without any SQL. */
interface Model {
  status: 'pending' | 'delivering' | 'held' | 'delivered' | 'dead';
  attempts: { outcome: string; charged: boolean }[];
  /** Number of the attempt under way; its outcome is not known yet. */
  number: number;
  charged: number;
  /** Leases in a row that ran out. */
  lost: number;
  /** Place of the claim that holds the lease among all claims; null: none. */
  owner: number | null;
  claims: number;
  /** Its time has come: to be sent, or for its lease to end. */
  due: boolean;
  everDelivered: boolean;
  reason: string | null;
  paused: boolean;
}

/** The row in Postgres, and everybody who ever had it: each may still come to write how that ended. */
interface Real {
  id: string;
  endpointId: string;
  deliveries: Delivery[];
}

type Command = fc.AsyncCommand<Model, Real>;

const VERDICTS: Record<string, Verdict> = {
  delivered: answer(200),
  rejected: answer(500),
  gone: answer(410),
  released: released('As told.'),
};

let database: TestDatabase;
let parts: Parts;

beforeAll(async () => {
  database = await createTestDatabase();
  parts = await openParts(database, MAX_ATTEMPTS);
});

afterAll(async () => {
  await parts?.close();
  await database?.drop();
});

it('keeps to what a webhook may do, whoever claims, finishes, pauses, sweeps or asks again, in any order', async () => {
  const commands = fc.commands(
    [
      fc.constant(new Claim()),
      fc.constant(new Claim()),
      fc.tuple(fc.nat({ max: 5 }), fc.constantFrom(...Object.keys(VERDICTS))).map((args) => new Finish(...args)),
      fc.constantFrom(...Object.keys(VERDICTS)).map((verdict) => new Finish(null, verdict)),
      fc.constant(new PassTime()),
      fc.constant(new PassTime()),
      fc.boolean().map((paused) => new SetPaused(paused)),
      fc.constant(new Sweep()),
      fc.constant(new Redeliver()),
      fc.constant(new RepairByHand()),
    ],
    { size: '+1', maxCommands: 30 },
  );
  await fc.assert(
    fc.asyncProperty(commands, (sequence) => fc.asyncModelRun(begin, sequence)),
    { numRuns: 25, interruptAfterTimeLimit: 5_000 }, // on a slow machine fewer, but no failure is lost
  );
});

async function begin(): Promise<{ model: Model; real: Real }> {
  await parts.database.query('TRUNCATE postback.webhook_outbox, postback.webhook_endpoints');
  const id = await dueRow(parts, database);
  const { rows } = await parts.database.query<{ endpoint_id: string }>('SELECT endpoint_id FROM postback.webhook_outbox WHERE id = $1', [
    id,
  ]);
  const model: Model = {
    status: 'pending',
    attempts: [],
    number: 0,
    charged: 0,
    lost: 0,
    owner: null,
    claims: 0,
    due: true,
    everDelivered: false,
    reason: null,
    paused: false,
  };
  return { model, real: { id, endpointId: rows[0]!.endpoint_id, deliveries: [] } };
}

abstract class Always implements Command {
  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    await compare(model, real);
  }

  protected abstract act(model: Model, real: Real): Promise<void>;

  toString = () => this.constructor.name;
}

const LIMITS = { freeSlots: 10, freeSlowSlots: 10, perTurn: 10, endpointMaxInFlight: 10, originMaxInFlight: 10 };

class Claim extends Always {
  protected async act(model: Model, { endpointId, deliveries }: Real): Promise<void> {
    const claimed = await claimDue(parts.database, [endpointId], LIMITS, { token: newId(), ms: 600_000, claimedBy: newId() });
    const lost = model.status === 'delivering';
    const free = model.status === 'pending' || (lost && model.lost + 1 < MAX_LOST_STREAK);
    const takes = !model.paused && model.due && free;
    expect(claimed.deliveries).toHaveLength(takes ? 1 : 0);
    if (!takes) return;
    deliveries.push(claimed.deliveries[0]!);
    if (lost) model.attempts.push({ outcome: 'unknown', charged: false });
    Object.assign(model, { status: 'delivering', lost: lost ? model.lost + 1 : 0, owner: model.claims++, due: false });
    model.number += 1;
    expect(claimed.deliveries[0]).toMatchObject({
      attempt: model.number,
      attemptsCharged: model.charged,
      everDelivered: model.everDelivered,
    });
  }
}

class Finish extends Always {
  /** @param which of all that ever claimed it; null: the latest */
  constructor(
    private readonly which: number | null,
    private readonly verdict: string,
  ) {
    super();
  }

  protected async act(model: Model, { deliveries }: Real): Promise<void> {
    if (model.claims === 0) return;
    const place = this.which === null ? model.claims - 1 : this.which % model.claims;
    const delivery = deliveries[place]!;
    const verdict = VERDICTS[this.verdict]!;
    const next = planNext(verdict, { ...delivery, unchargedInRow: delivery.unchargedStreak }, SCHEDULE, { nowMs: 0, random: 0 });
    const finish = { delivery, attempt: { verdict, durationMs: 1, excerpt: null }, next };
    const { rows } = await finishAttempts(parts.database, { sinks: [], breaker: NEVER_OPENS }, [finish], 0);
    const wins = model.owner === place;
    expect(rows).toHaveLength(Number(wins));
    if (wins) this.written(model, verdict);
  }

  /** The rules as DESIGN has them, not as the code does. */
  private written(model: Model, { outcome }: Verdict): void {
    const charged = outcome === 'rejected' || outcome === 'gone';
    model.attempts.push({ outcome, charged });
    model.charged += Number(charged);
    Object.assign(model, { owner: null, lost: 0 });
    if (outcome === 'delivered') Object.assign(model, { status: 'delivered', everDelivered: true });
    else if (outcome === 'gone') giveUp(model, 'gone');
    else if (outcome === 'rejected' && model.charged >= MAX_ATTEMPTS) giveUp(model, 'exhausted');
    else Object.assign(model, { status: 'pending', due: outcome === 'released' });
  }

  override toString = () => `${this.verdict} by ${this.which === null ? 'the latest' : `claim ${this.which}`}`;
}

/** Until the row is due, or its lease over. */
class PassTime extends Always {
  protected async act(model: Model, { id }: Real): Promise<void> {
    await parts.database.query(
      "UPDATE postback.webhook_outbox SET next_attempt_at = now() - interval '1 second' WHERE id = $1 AND next_attempt_at IS NOT NULL",
      [id],
    );
    model.due = true;
  }
}

class SetPaused extends Always {
  constructor(private readonly paused: boolean) {
    super();
  }

  protected async act(model: Model, { endpointId }: Real): Promise<void> {
    await parts.database.query(`SELECT postback.${this.paused ? 'pause' : 'resume'}_endpoint($1)`, [endpointId]);
    model.paused = this.paused;
  }

  override toString = () => (this.paused ? 'pause' : 'resume');
}

class Sweep extends Always {
  protected async act(model: Model): Promise<void> {
    await sweepOutbox(parts.database, [], { heldMaxAgeMs: 600_000, maxLostStreak: MAX_LOST_STREAK, probeMs: 1_000, spreadMs: 0 });
    const expired = model.status === 'delivering' && model.due;
    const looping = expired && model.lost + 1 >= MAX_LOST_STREAK;
    if (expired && (looping || model.paused)) {
      model.attempts.push({ outcome: 'unknown', charged: false });
      model.owner = null;
    }
    if (looping) giveUp(model, 'crash_loop');
    else if (model.paused && (model.status === 'pending' || expired)) model.status = 'held';
    else if (!model.paused && model.status === 'held') model.status = 'pending';
  }
}

class Redeliver extends Always {
  protected async act(model: Model, { id }: Real): Promise<void> {
    const moves = ['dead', 'delivered', 'held'].includes(model.status);
    const refusal = model.status === 'delivering' ? 'in_flight' : 'waiting_already';
    expect(await redeliver(parts.database, id)).toBe(moves ? (model.paused ? 'held' : 'queued') : refusal);
    if (moves) Object.assign(model, { status: model.paused ? 'held' : 'pending', due: true, charged: 0, lost: 0, reason: null });
  }
}

class RepairByHand extends Always {
  protected async act(model: Model, { id }: Real): Promise<void> {
    const repair = parts.database.query("UPDATE postback.webhook_outbox SET status = 'pending', next_attempt_at = now() WHERE id = $1", [
      id,
    ]);
    if (model.status === 'delivering') return void (await expect(repair).rejects.toThrow(/is being sent/));
    await repair;
    if (model.status !== 'pending') Object.assign(model, { charged: 0, lost: 0, reason: null });
    Object.assign(model, { status: 'pending', due: true });
  }
}

function giveUp(model: Model, reason: string): void {
  if (model.everDelivered) model.status = 'delivered';
  else Object.assign(model, { status: 'dead', reason });
}

/** Everything that is written of the webhook. */
async function compare(model: Model, { id }: Real): Promise<void> {
  const { rows } = await parts.database.query(
    `SELECT status, attempts, attempts_charged, dead_reason, lease_token IS NOT NULL AS leased, delivered_at IS NOT NULL AS arrived,
            CASE WHEN status IN ('pending', 'delivering', 'held') THEN next_attempt_at <= now() END AS due,
            (SELECT coalesce(json_agg(json_build_object('outcome', outcome, 'charged', charged) ORDER BY attempt), '[]')
               FROM postback.webhook_attempts WHERE outbox_id = o.id) AS log
       FROM postback.webhook_outbox o WHERE id = $1`,
    [id],
  );
  expect(rows).toEqual([
    {
      status: model.status,
      attempts: model.number,
      attempts_charged: model.charged,
      dead_reason: model.reason,
      leased: model.owner !== null,
      arrived: model.everDelivered,
      due: ['pending', 'delivering', 'held'].includes(model.status) ? model.due : null,
      log: model.attempts,
    },
  ]);
}

const SCHEDULE = { baseMs: 3_600_000, factor: 1, capMs: 3_600_000, maxRetries: MAX_ATTEMPTS - 1, immediate: false, jitter: 0 };

const NEVER_OPENS = { minFailures: 1_000, minMs: 0, probeMs: 1_000, probeCapMs: 1_000 };

function answer(status: number): Verdict {
  return judge({ kind: 'response', status, headers: {}, excerpt: '', truncated: false, firstByteMs: 1, durationMs: 1, reused: false });
}
