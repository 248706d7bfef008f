import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { readDoc } from './read-doc.js';

const psqlOnly = /^\\.*$/gm;
const roles = readFileSync('docs/dba-roles.sql', 'utf8').replace(psqlOnly, '');

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** The statements that a page shows, in blocks and within its sentences, with something in the place of each `…`. */
function statementsOf(page: string): string[] {
  const text = readDoc(page);
  const blocks = [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => block!.replace(/--.*$/gm, '').split(';'));
  const inline = [...text.matchAll(/`((?:SELECT|UPDATE|DELETE) [^`]+)`/g)].map(([, statement]) => statement!);
  return [...blocks, ...inline]
    .map((statement) => statement.replace(/'(…|<\w+>)'/g, `'${randomUUID()}'`))
    .map((statement) =>
      statement
        .replace(/\(SELECT …\)/g, '(SELECT NULL::uuid)')
        .replace('WHERE …', 'WHERE false')
        .trim(),
    )
    .filter((statement) => statement !== '');
}

/** Who is meant to run it: a plain change of a table takes the owner's rights. */
function doer(statement: string): string {
  if (!statement.startsWith('SELECT ')) return 'CURRENT_USER';
  return /^SELECT postback\./.test(statement) ? 'postback_repairer' : 'postback_reader';
}

/** What is said of a statement that does not run; nothing of it is committed, for roles belong to the whole server. */
async function refusal(role: string, statement: string): Promise<string | null> {
  const setRole = role === 'CURRENT_USER' ? '' : `SET LOCAL ROLE ${role};`;
  try {
    await client.query(`BEGIN; ${roles}; ${setRole} ${statement}`);
    return null;
  } catch (error) {
    return `${(error as Error).message}: ${statement}`;
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('the roles of docs/dba-roles.sql', () => {
  it.each([
    ['docs/running.md', 12],
    ['docs/dba.md', 12],
  ])('run all that %s asks for', async (page, atLeast) => {
    const statements = statementsOf(page);
    expect(statements.length).toBeGreaterThanOrEqual(atLeast);
    const refused = [];
    for (const statement of statements) refused.push(await refusal(doer(statement), statement));
    expect(refused.filter((reason) => reason !== null)).toEqual([]);
  });

  it('are not enough for what only the owner may do', async () => {
    expect(await refusal('postback_repairer', 'DELETE FROM postback.webhook_outbox')).toMatch('permission denied');
    expect(await refusal('postback_reader', 'SELECT input FROM postback.tasks')).toMatch('permission denied');
  });

  it('may be asked for again, and stop at the first error', async () => {
    expect(await refusal('postback_reader', `RESET ROLE; ${roles}`)).toBeNull();
    expect(readFileSync('docs/dba-roles.sql', 'utf8')).toMatch(/^\\set ON_ERROR_STOP on$/m);
  });
});
