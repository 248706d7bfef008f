import { setTimeout as delay } from 'node:timers/promises';
import { type Agent, type Json, type RunContext, TaskFailed } from '../agent.js';
import { EchoInput } from './echo.input.js';

/** Does nothing, in every way a task can go: for demos, tests and benches. */
export class EchoAgent implements Agent<EchoInput> {
  readonly type = 'echo';
  readonly description = 'Returns its payload, after a delay and with progress if asked, or fails as told. For trying things out.';
  readonly input = EchoInput;
  readonly output = null;
  readonly policy = { backoffMs: 500 };

  async run(input: EchoInput, ctx: RunContext): Promise<Json> {
    await this.work(input, ctx);
    if (input.fail && ctx.run + ctx.interruptions <= (input.fail_times ?? Number.POSITIVE_INFINITY)) end(input.fail);
    return input.payload ?? null;
  }

  private async work({ delay_ms = 0, progress_steps = 0, steps = 0 }: EchoInput, ctx: RunContext): Promise<void> {
    const parts = Math.max(1, steps || progress_steps);
    const pause = async () => {
      if (delay_ms > 0) await delay(delay_ms / parts, undefined, { signal: ctx.signal });
      return { run: ctx.run, interruptions: ctx.interruptions };
    };
    for (let part = 1; part <= parts; part += 1) {
      if (steps > 0) await ctx.step(`step-${part}`, pause);
      else await pause();
      if (progress_steps > 0) await ctx.progress(part / parts, `Step ${part} of ${parts}`);
    }
  }
}

function end(how: 'failed' | 'error' | 'crash'): never {
  if (how === 'crash') process.kill(process.pid, 'SIGKILL');
  if (how === 'failed') throw new TaskFailed('echo_failed', 'The task was asked to fail.');
  throw new Error('The task was asked to end in an error.');
}
