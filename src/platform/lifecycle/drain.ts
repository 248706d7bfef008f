/** Waits for work under way, at most `graceMs`; true when all of it ended by itself. Never rejects for what the work did. */
export async function finishWithin(work: Iterable<Promise<unknown>>, graceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, graceMs, false);
  });
  const done = Promise.allSettled(work).then(() => true);
  const inTime = await Promise.race([done, late]);
  clearTimeout(timer);
  return inTime;
}
