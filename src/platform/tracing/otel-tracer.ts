import {
  type Context,
  type Tracer as OtelApiTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { OperatorAnswer, OperatorClient } from '../egress/operator-client.js';
import type { Logger } from '../logging/logger.js';
import { version } from '../version.js';
import { type Attributes, type Span, type SpanStart, Tracer } from './tracer.js';

export interface OtelOptions {
  /** Base URL of an OTLP/HTTP receiver; spans go to `/v1/traces` below it. */
  endpoint: string;
  /** Sent along with every export. */
  headers: Readonly<Record<string, string>>;
  client: Pick<OperatorClient, 'postText'>;
  logger: Logger;
}

const KINDS = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
} as const;

const EXPORT_TIMEOUT_MS = 5_000;

/**
 * Spans by OpenTelemetry. A parent that is not sampled stays so. Nothing is registered globally and no context is carried behind the
 * code's back: who belongs to whom travels as a traceparent, in the tables as over HTTP.
 */
export class OtelTracer extends Tracer {
  private readonly provider: TracerProvider;
  private readonly tracer: OtelApiTracer;

  constructor(options: OtelOptions) {
    super();
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'postback', 'service.version': version }),
      sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: exporter(options), scheduledDelayMillis: 1_000, exportTimeoutMillis: 2 * EXPORT_TIMEOUT_MS }),
      ],
    });
    this.tracer = this.provider.getTracer('postback', version);
  }

  override begin({ name, parent, kind, attributes }: SpanStart): Span {
    const span = this.tracer.startSpan(name, { kind: KINDS[kind], attributes }, contextOf(parent));
    return {
      traceparent: traceparentOf(span.spanContext()),
      end(more: Attributes, error: string | null) {
        span.setAttributes(more);
        if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
        span.end();
      },
    };
  }

  override async close(): Promise<void> {
    await this.provider.shutdown();
  }
}

function contextOf(traceparent: string | null): Context {
  if (traceparent === null) return ROOT_CONTEXT;
  const [, traceId, spanId, flags] = traceparent.split('-') as [string, string, string, string];
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true });
}

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

/** By the client that reaches what the operator named and nothing else. Spans that cannot be sent are lost, and a line says so. */
function exporter({ endpoint, headers, client, logger }: OtelOptions): SpanExporter {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  return {
    export(spans, done) {
      const body = Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? []).toString();
      void client.postText(url, body, { timeoutMs: EXPORT_TIMEOUT_MS, headers }).then((answer) => {
        const error = troubleOf(answer);
        if (error !== null)
          logger.warn({ event: 'traces.export_failed', spans: spans.length, error }, 'Could not send spans; they are lost');
        done({ code: error === null ? 0 : 1 });
      });
    },
    shutdown: async () => {},
  };
}

function troubleOf(answer: OperatorAnswer): string | null {
  if (answer.kind === 'failure') return answer.message;
  return answer.status >= 200 && answer.status < 300 ? null : `It answered ${answer.status}.`;
}
