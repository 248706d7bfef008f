import { randomUUID } from 'node:crypto';
import type { Fleet } from '../world/fleet.js';
import type { Client } from './client.js';
import { ENDPOINTS, type LoadStep, type PlannedStep, type PlannedSubmit } from './plan-load.js';

export interface Endpoint {
  name: string;
  id: string;
  /** Every secret it was given, in order. */
  secrets: string[];
}

/** Does what was planned, at its time, whether or not earlier things were answered. */
export class Traffic {
  readonly submits = new Map<number, PlannedSubmit>();
  readonly endpoints = new Map<string, Endpoint>();
  /** Task of each submit that was answered with one. */
  readonly tasks = new Map<number, string>();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly timers: NodeJS.Timeout[] = [];
  private over = false;

  constructor(
    private readonly client: Client,
    private readonly fleet: Fleet,
    /** Tells the keys of one run from those of others on the same database. */
    private readonly run = randomUUID().slice(0, 8),
  ) {}

  async registerEndpoints(): Promise<void> {
    for (const [name, receiver] of Object.entries(ENDPOINTS)) {
      const secret = `secret of endpoint ${name} 0`;
      const body = { url: this.fleet.url(receiver, `/registered/${name}`), secret };
      const { status, text } = await this.client.ask({
        what: 'register',
        n: null,
        endpoint: name,
        method: 'POST',
        path: '/webhook-endpoints',
        body,
      });
      if (status !== 201) throw new Error(`An endpoint could not be registered: ${status} ${text}`);
      this.endpoints.set(name, { name, id: JSON.parse(text).id, secrets: [secret] });
    }
  }

  start(plan: readonly PlannedStep[]): void {
    for (const { atMs, step } of plan) this.timers.push(setTimeout(() => this.begin(step), atMs));
  }

  /** Nothing new begins; what has no answer yet is asked until it has one. */
  async finish(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.underWay);
    this.over = true;
  }

  keyOf(n: number): string {
    return `chaos-${this.run}-${n}`;
  }

  begin(step: LoadStep): void {
    const work = this.take(step).finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  private async take(step: LoadStep): Promise<void> {
    switch (step.kind) {
      case 'submit':
        this.submits.set(step.submit.n, step.submit);
        return this.submit(step.submit, 'submit');
      case 'repeat':
        return this.submit(this.submits.get(step.n)!, 'repeat');
      case 'mismatch':
        return this.mismatch(step.n);
      case 'cancel':
      case 'redeliver':
        return this.onTask(step.kind, step.n, 'POST', `/${step.kind}`);
      case 'look':
        return this.onTask('look', step.n, 'GET', '');
      case 'pause':
      case 'resume':
        return this.onEndpoint(step.kind, step.endpoint, {});
      case 'rotate': {
        const { secrets } = this.endpoints.get(step.endpoint)!;
        const secret = `secret of endpoint ${step.endpoint} ${secrets.length}`;
        secrets.push(secret); // before the answer, which may be lost: from now on it may sign
        return this.onEndpoint('rotate', step.endpoint, { secret, overlap_seconds: 3_600 });
      }
      default:
        throw new Error(`There is no step ${JSON.stringify(step satisfies never)}.`);
    }
  }

  private async submit(submit: PlannedSubmit, what: 'submit' | 'repeat'): Promise<void> {
    const asked = {
      what,
      n: submit.n,
      method: 'POST' as const,
      path: '/agent/echo',
      body: this.bodyOf(submit),
      headers: this.headersOf(submit),
    };
    const told = submit.keyed ? await this.client.insist(asked, () => this.over) : await this.client.ask(asked);
    if (told.status === 202) this.tasks.set(submit.n, JSON.parse(told.text).task_id);
  }

  private async mismatch(n: number): Promise<void> {
    const submit = this.submits.get(n);
    if (submit === undefined || !this.tasks.has(n)) return; // only a key that is known to be taken can be refused
    const body = { ...this.bodyOf(submit), payload: 'another one' };
    await this.client.ask({ what: 'mismatch', n, method: 'POST', path: '/agent/echo', body, headers: this.headersOf(submit) });
  }

  private async onTask(what: 'cancel' | 'redeliver' | 'look', n: number, method: 'GET' | 'POST', path: string): Promise<void> {
    const taskId = this.tasks.get(n);
    if (taskId !== undefined) await this.client.ask({ what, n, method, path: `/tasks/${taskId}${path}` });
  }

  async onEndpoint(what: 'pause' | 'resume' | 'rotate', name: string, body: object): Promise<void> {
    const { id } = this.endpoints.get(name)!;
    await this.client.ask({ what, n: null, endpoint: name, method: 'POST', path: `/webhook-endpoints/${id}/${what}`, body });
  }

  /** Until each of them says that it is active. */
  async resumeAll(): Promise<void> {
    for (const { name, id } of this.endpoints.values()) {
      await this.client.insist(
        { what: 'resume', n: null, endpoint: name, method: 'POST', path: `/webhook-endpoints/${id}/resume` },
        () => false,
      );
    }
  }

  /** Whoever has been told of a task asks once more under its key, and must hear the same. */
  async repeatAll(): Promise<void> {
    for (const submit of this.submits.values()) {
      if (submit.keyed && this.tasks.has(submit.n)) await this.submit(submit, 'repeat');
    }
  }

  private bodyOf({ n, input, adHoc, secret, endpoints, events, expiresInSeconds }: PlannedSubmit): Record<string, unknown> {
    const ids = endpoints.map((name) => this.endpoints.get(name)!.id);
    return {
      ...input,
      metadata: { n },
      ...(adHoc !== null && { webhook_url: this.fleet.url(adHoc, `/ad-hoc?n=${n}`), webhook_secret: secret }),
      ...(ids.length > 0 && { webhook_endpoint_id: ids }),
      ...(events !== null && (adHoc !== null || ids.length > 0) && { webhook_events: events }),
      ...(expiresInSeconds !== null && { expires_in: expiresInSeconds }),
    };
  }

  private headersOf({ n, keyed }: PlannedSubmit): Record<string, string> {
    return keyed ? { 'idempotency-key': this.keyOf(n) } : {};
  }
}
