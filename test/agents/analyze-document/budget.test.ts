import { describe, expect, it } from '@jest/globals';
import type { FoundClause } from '../../../src/agents/analyze-document/analysis.js';
import { Budget, noUsage } from '../../../src/agents/analyze-document/review/budget.js';
import { review } from '../../../src/agents/analyze-document/review/review.js';

const text = 'Licensor hereby grants to Licensee a license to use the licensed software.';
const found: FoundClause[] = [
  {
    clause: { ref: 'Clause 1', heading: null, page: 1, start: 0, end: text.length, text, body: text },
    excerpts: [{ category: 'license_grant', sentence: text, text, confidence: 0.6, doubtful: false }],
  },
];

/** What is sent of one finding within a budget. */
async function sentWithin(taskTokens: number) {
  const sent: { system: string; user: string; maxTokens: number }[] = [];
  const ask = async (system: string, user: string, maxTokens: number) => {
    sent.push({ system, user, maxTokens });
    return { text: '{"verdicts":[]}', usage: undefined };
  };
  await review({ found, deviations: [] }, { name: 'small', taskTokens, ask }, 60_000, new AbortController().signal);
  return sent;
}

describe('the budget of a task', () => {
  it('counts the longest answer that may come as well as the question', () => {
    const budget = new Budget(100, noUsage('small'));
    expect(budget.allows('x'.repeat(150), 50)).toBe(true);
    expect(budget.allows('x'.repeat(150), 51)).toBe(false);
  });

  it.each([
    ['nothing', undefined],
    ['half of it', { prompt_tokens: 10 }],
    ['words for numbers', { prompt_tokens: '10', completion_tokens: '10' }],
    ['less than nothing', { prompt_tokens: -5_000, completion_tokens: -1 }],
    ['parts of tokens', { prompt_tokens: 0.5, completion_tokens: Number.NaN }],
  ])('is charged the estimate where the endpoint counts %s', (_, spent) => {
    const usage = noUsage('small');
    new Budget(100, usage).spend('x'.repeat(30), 'x'.repeat(30), spent);
    expect(usage.completion_tokens).toBe(10);
    expect(usage.total_tokens).toBe(20);
  });

  it('counts the instructions, which every request carries, as well as the passages', async () => {
    const [request] = await sentWithin(50_000);
    const { system, user, maxTokens } = request!;
    // A token for every three bytes: the estimate that is rather too high.
    const whole = Math.ceil(Buffer.byteLength(system + user) / 3) + maxTokens;
    expect(Buffer.byteLength(system)).toBeGreaterThan(500);
    expect(await sentWithin(whole)).toEqual([request]);
    expect(await sentWithin(whole - 1)).toEqual([]);
  });
});
