import { ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import type { Json } from './agents/agent.js';
import { anyJson } from './agents/any-json.js';
import { TERMINAL_EVENT_TYPES, TERMINAL_STAGES } from './tasks/states.js';
import { TaskError } from './tasks/task.dto.js';

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

  @ApiPropertyOptional({ ...anyJson, description: 'What the agent returned; only when `completed`.' })
  result?: Json;

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

type PathItem = OpenAPIObject['paths'][string];

/** The request that Postback makes. */
export function describeWebhook(): PathItem {
  return {
    post: {
      operationId: 'webhook_task_ended',
      tags: ['tasks'],
      summary: 'A task has ended',
      description: 'Sent to the `webhook_url` of the submit until it is answered with 2xx or its retry schedule is used up.',
      security: [],
      parameters: [
        header('x-webhook-signature', 'Hex HMAC-SHA256 of the raw body, keyed by the UTF-8 bytes of the secret.'),
        header('webhook-id', 'The event id: the same in every attempt and redelivery.', { type: 'string', format: 'uuid' }),
        header('webhook-timestamp', 'When this attempt left, in seconds since 1970.'),
        header('webhook-signature', 'Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.'),
        header('webhook-attempt', 'Number of this attempt.'),
        header('webhook-delivery-id', 'The outbox row.', { type: 'string', format: 'uuid' }),
        { ...header('traceparent', 'From the submit, when it carried one.'), required: false },
      ],
      requestBody: { required: true, content: { 'application/json': { schema: { $ref: getSchemaPath(WebhookBody) } } } },
      responses: {
        '2XX': { description: 'Delivered. The body of the answer does not matter.' },
        '410': { description: 'The receiver wants no more of this: it is not tried again.' },
        default: { description: 'Not delivered; tried again by the schedule.' },
      },
    },
  };
}

const header = (name: string, description: string, schema: object = { type: 'string' }) => ({
  name,
  in: 'header' as const,
  required: true,
  description,
  schema,
});
