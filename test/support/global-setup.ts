import './typescript.js';

/** One Postgres for the whole run, with a migrated template that each test file clones. */
export default async function setUp(): Promise<void> {
  const { startTestServer } = await import('./test-server.js');
  await startTestServer();
}
