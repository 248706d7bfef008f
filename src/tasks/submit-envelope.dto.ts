import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, Max, Min, ValidateBy } from 'class-validator';
import type { Json } from '../agents/agent.js';
import { isId } from '../platform/ids.js';
import { TERMINAL_EVENT_TYPES, type TerminalEventType } from './states.js';

const LONGEST_WAIT_SECONDS = 30 * 24 * 3600;
const MAX_ENDPOINTS = 10;

/** One id or several, none of them twice, whatever its case. */
function isEndpointIds(value: unknown): boolean {
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  const known = new Set(ids.map((id) => (typeof id === 'string' && isId(id) ? id.toLowerCase() : null)));
  return ids.length >= 1 && ids.length <= MAX_ENDPOINTS && known.size === ids.length && !known.has(null);
}

const AreEndpointIds = () =>
  ValidateBy({
    name: 'areEndpointIds',
    validator: {
      validate: isEndpointIds,
      defaultMessage: () => `webhook_endpoint_id must be an id, or up to ${MAX_ENDPOINTS} different ones`,
    },
  });

/** The service's own fields of a submit, beside the agent's. */
export class SubmitEnvelope {
  @ApiPropertyOptional({
    description: 'Where the webhook goes when the task ends. Left out, with no endpoint named: poll or stream instead.',
    example: 'https://client.com/my-agent-callback',
    format: 'uri',
    maxLength: 2048,
  })
  @IsOptional()
  @IsString()
  webhook_url?: string;

  @ApiPropertyOptional({
    description:
      'Signs the webhook: `whsec_` and the base64 of 16 to 64 bytes, or any text of 8 to 256 bytes. Needed with webhook_url; never shown again.',
    example: 'my-client-super-secret-key',
    writeOnly: true,
  })
  @IsOptional()
  @IsString()
  webhook_secret?: string;

  @ApiPropertyOptional({
    description: 'Registered endpoints to tell: one id, or up to ten. Beside a webhook_url or instead of one.',
    oneOf: [
      { type: 'string', format: 'uuid' },
      { type: 'array', items: { type: 'string', format: 'uuid' }, minItems: 1, maxItems: MAX_ENDPOINTS, uniqueItems: true },
    ],
  })
  @IsOptional()
  @AreEndpointIds()
  webhook_endpoint_id?: string | string[];

  @ApiPropertyOptional({
    description: 'Which events to send; left out: every terminal one. An endpoint gets those of them that it is registered for.',
    enum: TERMINAL_EVENT_TYPES,
    isArray: true,
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(TERMINAL_EVENT_TYPES, { each: true, message: `each of webhook_events must be one of ${TERMINAL_EVENT_TYPES.join(', ')}` })
  webhook_events?: TerminalEventType[];

  @ApiPropertyOptional({
    description: 'Your own JSON object, returned with every answer and webhook.',
    type: 'object',
    additionalProperties: true,
    example: { order: 42 },
  })
  @IsOptional()
  @IsObject()
  metadata?: { [key: string]: Json };

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Seconds the task may wait to be started before it ends as expired.',
    minimum: 1,
    maximum: LONGEST_WAIT_SECONDS,
  })
  @IsOptional()
  @IsInt({ message: `expires_in must be a whole number of seconds, from 1 to ${LONGEST_WAIT_SECONDS}` })
  @Min(1)
  @Max(LONGEST_WAIT_SECONDS)
  expires_in?: number;

  @ApiPropertyOptional({ type: 'integer', description: "Seconds one run may take; at most the agent's own limit.", minimum: 1 })
  @IsOptional()
  @IsInt({ message: 'timeout must be a whole number of seconds' })
  @Min(1)
  timeout?: number;
}
