import pc from 'picocolors';
import { startSampleReceiver } from '../support/sample-receiver.js';
import { SeenBefore, showDelivery } from '../support/show-delivery.js';
import { readListenOptions, USAGE } from './options.js';

/** A receiver for trying things out: shows each webhook, verifies it, and misbehaves as it is told. */
try {
  const options = readListenOptions(process.argv.slice(2));
  const seen = new SeenBefore();
  const receiver = await startSampleReceiver({
    ...options,
    onDelivery: (delivery) =>
      console.log(`\n${pc.dim(new Date().toLocaleTimeString('en-GB'))}  ${showDelivery(delivery, seen.count(delivery))}`),
  });
  console.log(`Listening at ${pc.bold(receiver.url)}: any path takes webhooks. Ctrl-C stops.`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void receiver.stop());
} catch (error) {
  console.error(pc.red(explain(error as NodeJS.ErrnoException)));
  process.exitCode = 1;
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `${error.message}. Another program listens there; choose a free one with --port.`;
  return `${error.message}\n\n${USAGE}`;
}
