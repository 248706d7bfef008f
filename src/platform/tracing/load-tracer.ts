import type { Config } from '../../config/config.js';
import type { OperatorClient } from '../egress/operator-client.js';
import type { Logger } from '../logging/logger.js';
import { Tracer } from './tracer.js';

/** OpenTelemetry is loaded only when there is somewhere to send to. */
export async function loadTracer({ otlp }: Config, client: OperatorClient, logger: Logger): Promise<Tracer> {
  if (otlp.endpoint === null) return new Tracer();
  const { OtelTracer } = await import('./otel-tracer.js');
  return new OtelTracer({ endpoint: otlp.endpoint, headers: otlp.headers ?? {}, client, logger });
}
