import { hostname } from 'node:os';
import type { Sql } from '../database/sql.js';

export interface ProcessInfo {
  id: string;
  roles: readonly string[];
  version: string;
  /** Of the master keys it knows. */
  masterKeyIds: readonly string[];
}

/** Says that this process lives. Makes its row anew if somebody took the process for dead and swept it away. */
export async function heartbeat(sql: Sql, { id, roles, version, masterKeyIds }: ProcessInfo): Promise<void> {
  await sql.query(
    `INSERT INTO postback.processes (id, roles, version, host, pid, master_key_ids) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO UPDATE SET heartbeat_at = now()`,
    [id, roles, version, hostname(), process.pid, masterKeyIds],
  );
}

/** A process that stops in good order leaves no row behind, so nobody waits for its silence. */
export async function signOff(sql: Sql, id: string): Promise<void> {
  await sql.query('DELETE FROM postback.processes WHERE id = $1', [id]);
}

/** Rows of processes long gone. Their tasks were put back long before. */
export async function sweepProcesses(sql: Sql, lostMs: number): Promise<void> {
  await sql.query("DELETE FROM postback.processes WHERE heartbeat_at < now() - $1 * interval '1 ms'", [lostMs * 100]);
}
