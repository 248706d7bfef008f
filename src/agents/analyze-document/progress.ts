import type { RunContext } from '../agent.js';
import type { Message } from './child/protocol.js';

// Reading takes most of the time. Steps keep a thousand pages from becoming a thousand events.
const read = { from: 0.1, to: 0.8 };
const step = 0.05;

/** Turns what the child tells into progress a caller can follow: at most about twenty reports, whatever the length. */
export class Progress {
  private shown = -1;

  constructor(private readonly ctx: Pick<RunContext, 'progress'>) {}

  downloading(): Promise<void> {
    return this.report(0, 'Downloading the document');
  }

  asking(): Promise<void> {
    return this.report(0.97, 'Asking the language model');
  }

  done(): Promise<void> {
    return this.report(1, 'Done');
  }

  async show(message: Message): Promise<void> {
    if (message.kind === 'reading') await this.reading(message.page, message.pages);
    if (message.kind === 'stage' && message.stage === 'finding') await this.report(0.85, 'Finding clauses');
    if (message.kind === 'stage' && message.stage === 'comparing') await this.report(0.95, 'Comparing with the standard agreement');
  }

  private async reading(page: number, pages: number): Promise<void> {
    const fraction = read.from + ((page - 1) / pages) * (read.to - read.from);
    if (fraction - this.shown < step) return;
    await this.report(fraction, `Reading page ${page} of ${pages}`);
  }

  private async report(fraction: number, message: string): Promise<void> {
    this.shown = fraction;
    await this.ctx.progress(Number(fraction.toFixed(3)), message);
  }
}
