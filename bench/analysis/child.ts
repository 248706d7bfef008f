import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { messages } from '../../src/agents/analyze-document/child/messages.js';
import type { Message } from '../../src/agents/analyze-document/child/protocol.js';
import { spawnChild } from '../../src/agents/analyze-document/child/spawn-child.js';
import { defaultLimits } from '../../src/agents/analyze-document/limits.js';

const USAGE = `Usage: npm run eval:child -- FILE …
  Runs each document in the agent's child process, bounds and all, and prints what that took (Linux only).
  On one core: taskset -c 0 npm run eval:child -- FILE …`;

const pollMs = 10;
/** Of the kernel's clock, on every Linux that Node runs on. */
const ticksPerSecond = 100;

const { positionals } = parseArgs({ allowPositionals: true });
if (positionals.length === 0 || process.platform !== 'linux') throw new Error(USAGE);
for (const path of positionals) console.log(`${await measure(path)}  ${path}`);

async function measure(path: string): Promise<string> {
  const bytes = await readFile(path);
  const started = performance.now();
  const child = spawnChild({ limits: defaultLimits, playbookBytes: 0 });
  const usage = { seconds: 0, mb: 0 };
  const polling = setInterval(() => void look(child.pid!, usage), pollMs);
  child.stdin.end(bytes);
  child.stderr.resume();
  let last: Message | null = null;
  for await (const message of messages(child.stdout, defaultLimits.outputBytes)) last = message;
  clearInterval(polling);
  const seconds = (performance.now() - started) / 1_000;
  const outcome =
    last?.kind === 'done'
      ? `${last.analysis.pages ?? '-'} pages, ${last.analysis.words} words`
      : last?.kind === 'failed'
        ? last.code
        : 'crashed';
  return `${outcome}: ${seconds.toFixed(2)} s, ${usage.seconds.toFixed(2)} s of processor time, at most ${usage.mb.toFixed(0)} MB`;
}

/** The kernel keeps the peak of memory; what the last moments before the end cost is missed. */
async function look(pid: number, usage: { seconds: number; mb: number }): Promise<void> {
  try {
    const [status, stat] = await Promise.all([readFile(`/proc/${pid}/status`, 'utf8'), readFile(`/proc/${pid}/stat`, 'utf8')]);
    usage.mb = Math.max(usage.mb, Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    usage.seconds = Math.max(usage.seconds, (user! + system!) / ticksPerSecond);
  } catch {
    // It has ended.
  }
}
