import pc from 'picocolors';
import type { Delivery } from '../support/sample-receiver.js';
import type { LogLine } from '../support/service-process.js';
import type { Findings } from './check-findings.js';

const SEVERITY = { high: pc.red, medium: pc.yellow, low: pc.dim };

/** Tells the demo on the terminal, step by step, with the seconds since its start. */
export class Story {
  private readonly startedAt = performance.now();
  private steps = 0;

  step(title: string): void {
    this.steps += 1;
    console.log(`\n${pc.dim(this.seconds())} ${pc.bold(pc.cyan(`${this.steps}. ${title}`))}`);
  }

  detail(text: string): void {
    console.log(`${pc.dim(this.seconds())}    ${text}`);
  }

  submitted(status: number, body: { task_id: string; status: string }): void {
    this.detail(
      `POST /agent/analyze-document -> ${pc.green(String(status))} ${JSON.stringify({ task_id: body.task_id, status: body.status })}`,
    );
  }

  log(line: LogLine): void {
    if (line.event === 'task.run')
      this.detail(
        `worker: run ${line.run} ${pc.green(String(line.decision))} in ${line.duration_ms} ms; result and webhook are one commit`,
      );
    if (line.event === 'delivery.attempt' && line.row === 'pending')
      this.detail(pc.dim(`dispatcher: next attempt in ${line.retry_in_ms} ms`));
  }

  delivery(nth: number, { headers, verified, answer: { status }, body }: Delivery): void {
    const good = (holds = false) => (holds ? pc.green('ok') : pc.red('WRONG'));
    const answer = status === 200 ? pc.green('200') : pc.red(String(status));
    this.detail(
      `receiver: attempt ${nth} (webhook-attempt ${headers['webhook-attempt']}), ${body.length} bytes, signatures ${good(verified?.simple)} and ${good(verified?.standard)}, answered ${answer}`,
    );
  }

  findings({ document, clauses, discrepancies }: Findings): void {
    this.detail(`"${document.title}", ${document.pages} pages, ${document.words} words`);
    for (const clause of clauses) {
      this.detail(
        `${pc.bold(clause.ref.padEnd(11))} p. ${String(clause.page).padEnd(3)} ${(clause.heading ?? '').slice(0, 34).padEnd(34)} ${pc.dim(clause.categories.join(', '))}`,
      );
    }
    for (const { severity, clause_ref, why } of discrepancies) {
      this.detail(`${SEVERITY[severity](severity.padEnd(6))} ${(clause_ref ?? 'missing').padEnd(11)} ${why}`);
    }
  }

  /** Prints each check; whether all hold. */
  checks(checks: Record<string, boolean>): boolean {
    for (const [sentence, holds] of Object.entries(checks)) this.detail(`${holds ? pc.green('✓') : pc.red('✗')} ${sentence}`);
    const ok = Object.values(checks).every(Boolean);
    console.log(
      ok ? pc.bold(pc.green(`\nDone in ${this.seconds().trim()}.`)) : pc.bold(pc.red('\nSomething is wrong; see the crosses above.')),
    );
    return ok;
  }

  failed(message: string): void {
    console.error(pc.red(`\nThe demo could not go on: ${message}`));
  }

  private seconds(): string {
    return `${((performance.now() - this.startedAt) / 1000).toFixed(1).padStart(4)} s`;
  }
}
