import type { Indexed, Violation } from './evidence.js';

/** All that the three ledgers know of what a violation is about, for people. */
export function historyOf(indexed: Indexed, { taskId, n }: Violation): string[] {
  const number = n ?? (taskId === null ? null : (indexed.tasks.get(taskId)?.metadata?.n ?? null));
  const ids = new Set([
    ...(taskId === null ? [] : [taskId]),
    ...(number === null ? [] : (indexed.tasksOf.get(number) ?? []).map(({ id }) => id)),
  ]);
  const asked = number === null ? undefined : indexed.evidence.asked.get(number);
  return [
    ...(asked === undefined ? [] : [`asked    ${short(asked)}`]),
    ...(number === null
      ? []
      : (indexed.toldOf.get(number) ?? []).map(
          (told) => `told     ${at(told.at)} ${told.what} -> ${told.status} ${told.text.slice(0, 200)}`,
        )),
    ...[...ids].flatMap((id) => ofTask(indexed, id)),
  ];
}

function ofTask(indexed: Indexed, id: string): string[] {
  const task = indexed.tasks.get(id);
  const rows = indexed.outboxOf.get(id) ?? [];
  return [
    task === undefined ? `task     ${id} is not in the database` : `task     ${short(task)}`,
    ...(indexed.eventsOf.get(id) ?? []).map(
      (event) => `event    ${event.created} ${event.seq} ${event.type} ${short(event.data)} ${event.id}`,
    ),
    ...(indexed.stepsOf.get(id) ?? []).map((step) => `step     ${step.created} ${step.name} ${short(step.result)}`),
    ...rows.flatMap((row) => [
      `outbox   ${short(row)}`,
      ...(indexed.attemptsOf.get(row.id) ?? []).map(
        (attempt) => `attempt  ${attempt.started} ${short({ ...attempt, outbox_id: undefined })}`,
      ),
      ...(indexed.receivedOf.get(row.id) ?? []).map(
        (got) =>
          `received ${at(got.at)} attempt ${got.headers['webhook-attempt']} by ${got.receiver}, ${got.body?.length ?? 'no'} bytes -> ${got.answer} ${got.answeredAt === null ? '' : at(got.answeredAt)}`,
      ),
    ]),
  ];
}

const at = (ms: number): string => new Date(ms).toISOString();

function short(value: unknown): string {
  const text = JSON.stringify(value, (_, each) =>
    typeof each === 'string' && each.length > 200 ? `${each.slice(0, 200)}...` : (each ?? undefined),
  );
  return text === undefined ? '' : text;
}
