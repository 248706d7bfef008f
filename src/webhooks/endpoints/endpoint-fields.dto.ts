import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from './event-types.js';

const DAY_MS = 86_400_000;
export const MAX_OVERLAP_SECONDS = 30 * 24 * 3600;
export const DEFAULT_OVERLAP_SECONDS = 24 * 3600;

const whole = (name: string, min: number, max: number, unit: string) => ({
  message: `${name} must be a whole number of ${unit}, from ${min} to ${max}`,
});

@ApiSchema({
  name: 'EndpointRetry',
  description: "An endpoint's own retry schedule; what is left out is as the service has it.",
})
export class RetryFields {
  @ApiPropertyOptional({ type: 'integer', minimum: 1_000, maximum: DAY_MS, description: 'First wait, in ms.' })
  @IsOptional()
  @IsInt(whole('base_ms', 1_000, DAY_MS, 'ms'))
  @Min(1_000)
  @Max(DAY_MS)
  base_ms?: number;

  @ApiPropertyOptional({ type: Number, minimum: 1, maximum: 10, description: 'Each wait is so many times the one before.' })
  @IsOptional()
  @IsNumber({}, { message: 'factor must be a number from 1 to 10' })
  @Min(1)
  @Max(10)
  factor?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1_000, maximum: 7 * DAY_MS, description: 'No wait is longer, jitter aside, in ms.' })
  @IsOptional()
  @IsInt(whole('cap_ms', 1_000, 7 * DAY_MS, 'ms'))
  @Min(1_000)
  @Max(7 * DAY_MS)
  cap_ms?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 100, description: 'Retries after the first attempt.' })
  @IsOptional()
  @IsInt(whole('max_retries', 0, 100, 'retries'))
  @Min(0)
  @Max(100)
  max_retries?: number;

  @ApiPropertyOptional({ type: Boolean, description: 'Whether the first retry follows at once.' })
  @IsOptional()
  @IsBoolean()
  immediate?: boolean;

  @ApiPropertyOptional({ type: Number, minimum: 0, maximum: 1, description: 'Most that chance adds to a wait, as a fraction of it.' })
  @IsOptional()
  @IsNumber({}, { message: 'jitter must be a number from 0 to 1' })
  @Min(0)
  @Max(1)
  jitter?: number;
}

/** What an endpoint's owner can set at any time. `null`: as if never set. */
export class EndpointFields {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500, description: 'Your own words.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  description?: string | null;

  @ApiPropertyOptional({ enum: WEBHOOK_EVENT_TYPES, isArray: true, nullable: true, description: 'Which events it gets; null: every one.' })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(WEBHOOK_EVENT_TYPES, { each: true, message: `each of events must be one of ${WEBHOOK_EVENT_TYPES.join(', ')}` })
  events?: WebhookEventType[] | null;

  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string' },
    example: { authorization: 'Bearer of-the-receiver' },
    description:
      'Sent with every webhook: at most 20, 4 KB in all, visible ASCII. Reserved names are refused in any case. Replaces what was set before; answers show the names only.',
  })
  @IsOptional()
  @IsObject()
  headers?: { [name: string]: string } | null;

  @ApiPropertyOptional({ type: RetryFields, nullable: true, description: "Null: the service's schedule." })
  @IsOptional()
  @IsObject()
  retry?: RetryFields | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 0.01, maximum: 1_000, description: 'Requests per second; null: no limit.' })
  @IsOptional()
  @IsNumber({}, { message: 'rate_per_second must be a number from 0.01 to 1000' })
  @Min(0.01)
  @Max(1_000)
  rate_per_second?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 100,
    description: "Requests at once; null: the service's limit.",
  })
  @IsOptional()
  @IsInt(whole('max_in_flight', 1, 100, 'requests'))
  @Min(1)
  @Max(100)
  max_in_flight?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    description: "Seconds one attempt may take, within what the service's leases allow; null: the service's time-out.",
  })
  @IsOptional()
  @IsInt({ message: 'timeout must be a whole number of seconds' })
  @Min(1)
  timeout?: number | null;
}

const url = { type: String, format: 'uri', maxLength: 2_048, example: 'https://client.com/webhooks' } as const;

@ApiSchema({ name: 'EndpointRegistration' })
export class RegistrationFields extends EndpointFields {
  @ApiProperty({ ...url, description: 'Where webhooks go.' })
  @IsString({ message: 'url must be a string' })
  url: string;

  @ApiPropertyOptional({
    type: String,
    writeOnly: true,
    description:
      'Signs: `whsec_` and the base64 of 16 to 64 bytes, or any text of 8 to 256 bytes; never shown again. Left out: one is made and shown in the answer, this once.',
  })
  @IsOptional()
  @IsString()
  secret?: string | null;
}

@ApiSchema({ name: 'EndpointChange', description: 'What is left out stays as it is.' })
export class ChangeFields extends EndpointFields {
  @ApiPropertyOptional({ ...url, description: 'Waiting webhooks go there too; what is being sent right now still goes to the old one.' })
  @ValidateIf((fields: ChangeFields) => fields.url !== undefined) // not optional: an endpoint cannot be without one
  @IsString({ message: 'url must be a string' })
  url?: string;
}

@ApiSchema({ name: 'EndpointRotation' })
export class RotationFields {
  @ApiPropertyOptional({
    type: String,
    writeOnly: true,
    description: 'The new secret. Left out: one is made and shown in the answer, this once.',
  })
  @IsOptional()
  @IsString()
  secret?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MAX_OVERLAP_SECONDS,
    default: DEFAULT_OVERLAP_SECONDS,
    description: 'Seconds during which the former secret signs along; 0: it ends now.',
  })
  @IsOptional()
  @IsInt(whole('overlap_seconds', 0, MAX_OVERLAP_SECONDS, 'seconds'))
  @Min(0)
  @Max(MAX_OVERLAP_SECONDS)
  overlap_seconds?: number | null;
}

@ApiSchema({ name: 'EndpointPause' })
export class PauseFields {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 500, description: 'Shown as `state_reason`.' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string | null;
}
