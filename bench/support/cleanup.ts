/** What the bench has started and must end, newest last. */
const started = new Set<() => unknown>();

/** Has `end` run when the bench ends, however it ends; returns a way to run it before, once. */
export function atEnd(end: () => unknown): () => Promise<void> {
  started.add(end);
  return async () => {
    if (started.delete(end)) await end();
  };
}

let underWay: Promise<void> | null = null;

/** Newest first: a service goes before the database it works with. Called twice at once, by Ctrl-C say, both wait for the same. */
export function cleanUp(): Promise<void> {
  underWay ??= endAll().finally(() => {
    underWay = null;
  });
  return underWay;
}

async function endAll(): Promise<void> {
  for (const end of [...started].reverse()) {
    if (!started.delete(end)) continue;
    try {
      await end();
    } catch (error) {
      console.error(`Could not clean up: ${error instanceof Error ? error.message : error}`);
    }
  }
}
