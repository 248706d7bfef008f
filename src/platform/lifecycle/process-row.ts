import { hostname } from 'node:os';
import type { Sql } from '../database/sql.js';

export interface ProcessInfo {
  id: string;
  roles: readonly string[];
  version: string;
  /** Of the master keys it knows. */
  masterKeyIds: readonly string[];
}

/** When silence means something. */
export interface SilenceRules {
  heartbeatMs: number;
  /** A process that has been silent for so long, in ms, is taken for dead. */
  lostMs: number;
}

/** A gap between two signs of life that others may have had as well, as when the database was away. */
const gapMs = ({ heartbeatMs, lostMs }: SilenceRules) => Math.max(2 * heartbeatMs, lostMs / 2);

/** Says that this process lives. Makes its row anew if somebody took the process for dead and swept it away. */
export async function heartbeat(sql: Sql, { id, roles, version, masterKeyIds }: ProcessInfo, rules: SilenceRules): Promise<void> {
  await sql.query(
    `INSERT INTO postback.processes AS p (id, roles, version, host, pid, master_key_ids) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO UPDATE SET heartbeat_at = now(),
       steady_since = CASE WHEN p.heartbeat_at < now() - $7 * interval '1 ms' THEN now() ELSE p.steady_since END`,
    [id, roles, version, hostname(), process.pid, masterKeyIds, gapMs(rules)],
  );
}

/**
 * Whether this process may take the silence of others for their death: it has itself been heard without a gap, and long enough for everybody
 * to have sent a sign of life since the last gap. All by the database's clock, so that it holds after an outage, and after a machine slept.
 */
export async function mayJudge(sql: Sql, id: string, rules: SilenceRules): Promise<boolean> {
  const { rows } = await sql.query(
    `SELECT FROM postback.processes
      WHERE id = $1 AND heartbeat_at > now() - $2 * interval '1 ms' AND steady_since < now() - $3 * interval '1 ms'`,
    [id, gapMs(rules), 2 * rules.heartbeatMs],
  );
  return rows.length > 0;
}

/** A process that stops in good order leaves no row behind, so nobody waits for its silence. */
export async function signOff(sql: Sql, id: string): Promise<void> {
  await sql.query('DELETE FROM postback.processes WHERE id = $1', [id]);
}

/** Rows of processes long gone. Their tasks were put back long before. */
export async function sweepProcesses(sql: Sql, lostMs: number): Promise<void> {
  await sql.query("DELETE FROM postback.processes WHERE heartbeat_at < now() - $1 * interval '1 ms'", [lostMs * 100]);
}
