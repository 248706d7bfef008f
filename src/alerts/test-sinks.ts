import type { Clock } from '../platform/clock.js';
import { newId } from '../platform/ids.js';
import { runbookLink } from './runbook.js';
import type { AlertEvent, AlertNotice, AlertSink, SinkAnswer } from './sink.js';
import { tellSink } from './tell-sink.js';

/** What came of one notice at one sink. */
export interface Exchange extends SinkAnswer {
  sink: string;
  event: AlertEvent;
  durationMs: number;
}

/** Sends a test to every sink, all at once. Nothing of it is stored, and it is not tried again. */
export async function testSinks(sinks: readonly AlertSink[], clock: Clock, runbookUrl: string | null): Promise<Exchange[]> {
  const test = testNotice(clock, runbookUrl);
  return (await Promise.all(sinks.map((sink) => testSink(sink, clock, test)))).flat();
}

/** PagerDuty keeps an incident open until it is told otherwise, and so it is. */
async function testSink(sink: AlertSink, clock: Clock, notice: AlertNotice): Promise<Exchange[]> {
  const raised = await exchange(sink, clock, notice);
  if (sink.name !== 'pagerduty' || !raised.ok) return [raised];
  return [raised, await exchange(sink, clock, { ...notice, id: newId(), event: 'resolved', resolvedAt: new Date(clock.now()) })];
}

async function exchange(sink: AlertSink, clock: Clock, notice: AlertNotice): Promise<Exchange> {
  const startedAt = clock.monotonic();
  const answer = await tellSink(sink, notice);
  return { ...answer, sink: sink.name, event: notice.event, durationMs: Math.round(clock.monotonic() - startedAt) };
}

function testNotice(clock: Clock, runbookUrl: string | null): AlertNotice {
  return {
    id: newId(),
    event: 'raised',
    alertId: newId(),
    kind: 'test',
    severity: 'warning',
    title: 'This is a test: alerts of Postback arrive here',
    detail: {},
    runbook: runbookLink(runbookUrl, 'test'),
    raisedAt: new Date(clock.now()),
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: null,
  };
}
