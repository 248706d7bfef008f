import type { Category, FoundClause } from '../../src/agents/analyze-document/analysis.js';
import type { Prediction } from './measure/score.js';

/** What the agent would return, doubtful findings left out: one prediction for each sentence it quotes. */
export function predictionsOf(found: readonly FoundClause[]): Prediction[] {
  const byText = new Map<string, Category[]>();
  for (const { excerpts } of found) {
    for (const { text, category, doubtful } of excerpts) if (!doubtful) byText.set(text, [...(byText.get(text) ?? []), category]);
  }
  return [...byText].map(([text, categories]) => ({ text, categories }));
}
