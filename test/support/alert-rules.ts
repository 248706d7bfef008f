import { type Evaluation, type RuleSettings, runRules } from '../../src/alerts/run-rules.js';
import type { AlertSink } from '../../src/alerts/sink.js';
import type { Thresholds } from '../../src/alerts/snapshot.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { Database } from '../../src/platform/database/database.js';
import { newId } from '../../src/platform/ids.js';

const { alerts, process, retention } = loadConfig({});

export const defaultThresholds: Thresholds = alerts;

/** One evaluation with the default thresholds, whoever did the last one and when; what is over is resolved at once. */
export function runRulesNow(
  database: Database,
  sinks: readonly AlertSink[],
  settings: Partial<RuleSettings> = {},
): Promise<Evaluation | null> {
  const own = { intervalMs: 0, resolveAfterMs: 0 };
  return runRules(database, sinks, newId(), { ...alerts, lostMs: process.lostMs, keptDays: retention.deadDays, ...own, ...settings });
}
