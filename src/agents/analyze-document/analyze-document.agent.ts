import { createHash } from 'node:crypto';
import type { Agent, RunContext } from '../agent.js';
import type { Analysis, FoundClause } from './analysis.js';
import { analyzeInChild } from './child/analyze-in-child.js';
import { AnalyzeDocumentInput } from './input.js';
import { defaultLimits, type Limits } from './limits.js';
import { Progress } from './progress.js';
import { AnalyzeDocumentResult, type ClauseResult } from './result.js';
import { type Ask, askModel } from './review/ask.js';
import { noUsage } from './review/budget.js';
import { type Review, review } from './review/review.js';
import { settle } from './review/settle.js';
import { quote } from './segment/quote.js';

/**
 * Fails with `document_empty`, `document_encrypted`, `document_has_no_text`, `document_timeout` (too slow to read),
 * `document_too_complex` (takes too much memory, or unpacks or yields too much), `document_too_large` (pages, text),
 * `document_type_unsupported` or `document_unreadable`; and with what `download` fails with.
 */
export class AnalyzeDocumentAgent implements Agent<AnalyzeDocumentInput, AnalyzeDocumentResult> {
  readonly type = 'analyze-document';
  readonly description =
    'Reads a contract, finds the clauses that deal with intellectual property and says how they differ from a standard agreement.';
  readonly input = AnalyzeDocumentInput;
  readonly output = AnalyzeDocumentResult;
  readonly documentUrls = ['document_url'] as const;

  constructor(private readonly limits: Limits = defaultLimits) {}

  async run(input: AnalyzeDocumentInput, ctx: RunContext): Promise<AnalyzeDocumentResult> {
    const progress = new Progress(ctx);
    await progress.downloading();
    const { bytes } = await ctx.download(input.document_url);
    const order = { limits: this.limits, playbook: input.playbook ?? null };
    const analysis = await analyzeInChild(bytes, order, ctx.signal, (message) => progress.show(message));
    const reviewed = await askTheModel(analysis, ctx, progress);
    await progress.done();
    return toResult(analysis, reviewed, createHash('sha256').update(bytes).digest('hex'));
  }
}

/** Kept of a run's time for ending it: a model that is slow must not cost the task what was found without it. */
const reserveMs = 5_000;

/** What was found offline stands by itself; a model only makes it better. */
async function askTheModel(analysis: Analysis, ctx: RunContext, progress: Progress): Promise<Review> {
  const { model } = ctx;
  if (!model || analysis.found.length === 0) return { verdicts: [], usage: noUsage(model?.name ?? null), trouble: null };
  await progress.asking();
  const { name, taskTokens } = model;
  const timeLeft = ctx.timeLeft();
  const ask = onceForTheTask(askModel(model), ctx);
  const reviewed = await review(analysis, { name, taskTokens, ask }, timeLeft - Math.min(reserveMs, timeLeft / 4), ctx.signal);
  if (reviewed.trouble) await ctx.log(`${reviewed.trouble} What it did not confirm stands as it was found without it.`);
  return reviewed;
}

/** An answer is paid for once, whatever becomes of the run that asked: a later run has it, and its tokens count in the budget again. */
function onceForTheTask(ask: Ask, ctx: RunContext): Ask {
  return (system, user, ...rest) => ctx.step(`Asking the model ${digest(system + user)}`, () => ask(system, user, ...rest));
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

function toResult(analysis: Analysis, { verdicts, usage }: Review, sha256: string): AnalyzeDocumentResult {
  const { pages, words, title, language } = analysis;
  const { found, discrepancies } = settle(analysis, verdicts);
  return {
    ip_clauses: found.map(({ clause }) => clause.ref),
    clauses: found.map(toClause),
    discrepancies,
    document: { pages, words, sha256, title, language },
    usage,
  };
}

function toClause({ clause, excerpts }: FoundClause): ClauseResult {
  const { ref, heading, page } = clause;
  const text = quote(clause, excerpts);
  return {
    ref,
    heading,
    page,
    categories: [...new Set(excerpts.map(({ category }) => category))],
    text,
    whole_text: text === clause.text ? null : clause.text,
    confidence: Math.max(...excerpts.map(({ confidence }) => confidence)),
    excerpts: excerpts.map((excerpt) => ({ category: excerpt.category, text: excerpt.text })),
  };
}
