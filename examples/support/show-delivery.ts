import pc from 'picocolors';
import type { Delivery } from './sample-receiver.js';

const MAX_LINES = 40;

/** A webhook for people, in a few lines. @param sameBefore how often its `webhook-id` has been here already */
export function showDelivery({ headers, body, verified, answer }: Delivery, sameBefore: number): string {
  const event = readJson(body);
  const again = sameBefore > 0 ? pc.yellow(`, which came ${sameBefore === 1 ? 'once' : `${sameBefore} times`} before`) : '';
  return [
    `${pc.bold(pc.magenta(String(event?.type ?? 'not a webhook')))}  attempt ${headers['webhook-attempt'] ?? '?'}, ${body.length} bytes, ${showVerified(verified)} -> ${showAnswer(answer)}`,
    pc.dim(`  webhook-id ${headers['webhook-id'] ?? 'missing'}`) + again,
    ...excerpt(event === null ? body.toString() : JSON.stringify(event, null, 2)).map((line) => `  ${line}`),
  ].join('\n');
}

function showVerified(verified: Delivery['verified']): string {
  if (verified === null) return pc.yellow('signatures not checked (no --secret)');
  if (verified.simple && verified.standard) return pc.green('both signatures verified');
  const wrong = [...(verified.simple ? [] : ['x-webhook-signature']), ...(verified.standard ? [] : ['webhook-signature'])];
  return pc.red(`${wrong.join(' and ')} WRONG`);
}

function showAnswer({ status, delayMs = 0, retryAfter = null }: Delivery['answer']): string {
  const late = delayMs > 0 ? ` after ${delayMs} ms` : '';
  if (status === null) return pc.red(`closed without an answer${late}`);
  const paint = status < 300 ? pc.green : pc.red;
  return paint(`${status}${late}`) + (retryAfter === null ? '' : `, Retry-After ${retryAfter}`);
}

function excerpt(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line));
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES), pc.dim(`… ${lines.length - MAX_LINES} more lines`)];
}

function readJson(body: Buffer): Record<string, unknown> | null {
  try {
    const value = JSON.parse(body.toString());
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** Counts what comes again. */
export class SeenBefore {
  private readonly times = new Map<string, number>();

  /** How often this webhook has been here already. */
  count({ headers }: Delivery): number {
    const id = String(headers['webhook-id']);
    const before = this.times.get(id) ?? 0;
    this.times.set(id, before + 1);
    return before;
  }
}
