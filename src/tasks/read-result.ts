import type { Sql } from '../platform/database/sql.js';
import { isTerminal, type TaskStage } from './states.js';

/** Who may see it: a tenant its own, the holder of a link until that ends (in seconds since 1970). */
export type ResultReader = { tenant: string } | { linkExpires: number };

/** `text` is the stored result; the others say why there is none to give. */
export type StoredResult =
  | { kind: 'result'; text: string }
  | { kind: 'unknown' | 'link_expired' | 'erased' | 'not_finished' | 'no_result' };

export async function readResult(sql: Sql, taskId: string, reader: ResultReader): Promise<StoredResult> {
  const { rows } = await sql.query<{ stage: TaskStage; result: string | null; erased: boolean; expired: boolean | null }>(
    `SELECT status AS stage, result, erased_at IS NOT NULL AS erased, now() >= to_timestamp($3) AS expired
       FROM postback.tasks WHERE id = $1 AND ($2::text IS NULL OR tenant = $2)`,
    'tenant' in reader ? [taskId, reader.tenant, null] : [taskId, null, reader.linkExpires],
  );
  const task = rows[0];
  if (task === undefined) return { kind: 'unknown' };
  if (task.expired) return { kind: 'link_expired' };
  if (task.erased) return { kind: 'erased' };
  if (task.result !== null) return { kind: 'result', text: task.result };
  return { kind: isTerminal(task.stage) ? 'no_result' : 'not_finished' };
}
