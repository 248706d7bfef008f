import { ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import type { AnyAgent, Json } from './agents/agent.js';
import { anyJson } from './agents/any-json.js';
import { TERMINAL_EVENT_TYPES, TERMINAL_STAGES } from './tasks/states.js';
import { TaskError } from './tasks/task.dto.js';
import { TEST_EVENT_TYPE } from './webhooks/endpoints/event-types.js';

/** What `webhooks/outbox/event-body.ts` writes. */
@ApiSchema({ description: 'The body of a webhook.' })
export class WebhookBody {
  @ApiProperty({ enum: TERMINAL_EVENT_TYPES })
  type: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    description: 'The same in every attempt and redelivery: the key to recognise duplicates by.',
  })
  event_id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  task_id: string;

  @ApiProperty({ enum: TERMINAL_STAGES })
  status: string;

  @ApiPropertyOptional({ ...anyJson, description: 'What the agent returned; only when `completed`, and not too large.' })
  result?: Json;

  @ApiPropertyOptional({
    type: String,
    format: 'uri',
    description:
      'Where the result is, in the place of one too large to send. Opens without an API key, for as long as delivered webhooks are kept.',
  })
  result_url?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Size of the result at `result_url`.' })
  result_bytes?: number;

  @ApiPropertyOptional({ type: String, description: 'Digest of the bytes at `result_url`, as RFC 9530 writes it: `sha-256=:<base64>:`.' })
  result_digest?: string;

  @ApiPropertyOptional({ type: TaskError, description: 'Why it did not complete; unless `completed`.' })
  error?: TaskError;

  @ApiProperty({ type: String, format: 'date-time', description: 'When the event was committed.' })
  timestamp: string;

  @ApiProperty({ type: 'integer', minimum: 1, description: "The event's number within its task." })
  seq: number;

  @ApiProperty({ type: String, example: 'analyze-document' })
  task_type: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, description: 'As submitted.' })
  metadata: { [key: string]: Json } | null;
}

/** What `webhooks/endpoints/test-endpoint.ts` sends. */
@ApiSchema({ description: 'The body of a test event.' })
export class WebhookTestBody {
  @ApiProperty({ enum: [TEST_EVENT_TYPE] })
  type: string;

  @ApiProperty({ type: String, format: 'uuid' })
  event_id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  endpoint_id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  timestamp: string;
}

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['post']>;

/** `AnalyzeDocumentWebhook`: generators make the type of a receiver's input from it. */
export const agentWebhookName = ({ input }: AnyAgent): string => `${input.name.replace(/Input$/, '')}Webhook`;

/** The body of a webhook about a task of one type, with the type of its result. */
export function agentWebhook({ type, output }: AnyAgent): object {
  const result = output === null ? {} : { result: { $ref: getSchemaPath(output) } };
  return {
    description: `The body of a webhook about a task of the type ${type}.`,
    allOf: [
      { $ref: getSchemaPath(WebhookBody) },
      { type: 'object', properties: { task_type: { type: 'string', enum: [type] }, ...result } },
    ],
  };
}

/** What a submit makes Postback send to its `webhook_url`. */
export function describeCallbacks(agent: AnyAgent): NonNullable<Operation['callbacks']> {
  const operationId = `callback_${agent.type.replaceAll('-', '_')}`;
  return { taskEnded: { '{$request.body#/webhook_url}': { post: taskEnded(operationId, agentWebhookName(agent)) } } };
}

/** The requests that Postback makes, whichever way their address came to it. */
export function describeWebhooks(): Record<string, PathItem> {
  return { 'task-ended': { post: taskEnded('webhook_task_ended', WebhookBody.name) }, 'endpoint-test': { post: endpointTest() } };
}

function taskEnded(operationId: string, body: string): Operation {
  return {
    operationId,
    tags: ['tasks'],
    summary: 'A task has ended',
    description:
      'Sent to the `webhook_url` of the submit, and to each endpoint it names, until it is answered with 2xx or the retry schedule is used up.',
    security: [],
    parameters: [...sentAlways, deliveryId, traceparent],
    requestBody: { required: true, content: { 'application/json': { schema: { $ref: getSchemaPath(body) } } } },
    responses: {
      '2XX': { description: 'Delivered. The body of the answer does not matter.' },
      '410': { description: 'The receiver wants no more of this: it is not tried again.' },
      '413': { description: 'Sent again at once, with `result_url` in the place of a result of 16 KB or more; else not tried again.' },
      '429': { description: 'Not delivered; tried again at the later of the schedule and `Retry-After`.', headers: retryAfter },
      '503': { description: 'Not delivered; tried again at the later of the schedule and `Retry-After`.', headers: retryAfter },
      default: { description: 'Not delivered; tried again by the schedule. Redirects are not followed.' },
    },
  };
}

function endpointTest(): Operation {
  return {
    operationId: 'webhook_endpoint_test',
    tags: ['endpoints'],
    summary: 'A test of an endpoint',
    description: 'Sent once, because its owner asked for it.',
    security: [],
    parameters: sentAlways,
    requestBody: { required: true, content: { 'application/json': { schema: { $ref: getSchemaPath(WebhookTestBody) } } } },
    responses: { default: { description: 'Shown to the owner.' } },
  };
}

const retryAfter = { 'Retry-After': { description: 'Seconds, or a date.', schema: { type: 'string' as const } } };

const header = (name: string, description: string, schema: object = { type: 'string' }) => ({
  name,
  in: 'header' as const,
  required: true,
  description,
  schema,
});

const uuid = { type: 'string', format: 'uuid' };

const sentAlways = [
  header('x-webhook-signature', 'Hex HMAC-SHA256 of the raw body, keyed by the UTF-8 bytes of the secret.'),
  header('webhook-id', 'The event id: the same in every attempt and redelivery.', uuid),
  header('webhook-timestamp', 'When this attempt left, in seconds since 1970.', { type: 'integer' }),
  header(
    'webhook-signature',
    'Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; while a secret is rotated, one for each, separated by a space.',
  ),
  header('webhook-attempt', 'Number of this attempt.', { type: 'integer', minimum: 1 }),
];
const deliveryId = header('webhook-delivery-id', 'The outbox row.', uuid);
const traceparent = { ...header('traceparent', 'From the submit, when it carried one.'), required: false };
