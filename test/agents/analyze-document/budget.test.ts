import { describe, expect, it } from '@jest/globals';
import { Budget, noUsage } from '../../../src/agents/analyze-document/review/budget.js';

describe('the budget of a task', () => {
  it('counts the longest answer that may come as well as the question', () => {
    const budget = new Budget(100, noUsage('small'));
    expect(budget.allows('x'.repeat(150), 50)).toBe(true);
    expect(budget.allows('x'.repeat(150), 51)).toBe(false);
  });
});
