import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min } from 'class-validator';
import { PageQuery } from '../platform/http/page.js';
import { TIMESTAMP } from '../platform/http/timestamp.js';
import { TERMINAL_EVENT_TYPES } from '../tasks/states.js';
import { DEAD_REASONS, OUTBOX_STATUSES } from '../webhooks/outbox/states.js';

export class OutboxQuery extends PageQuery {
  @ApiPropertyOptional({ enum: OUTBOX_STATUSES })
  @IsOptional()
  @IsIn(OUTBOX_STATUSES)
  status?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  endpoint_id?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\0]*$/, { message: 'tenant must not contain NUL' })
  tenant?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  task_id?: string;

  @ApiPropertyOptional({ enum: TERMINAL_EVENT_TYPES })
  @IsOptional()
  @IsIn(TERMINAL_EVENT_TYPES)
  event_type?: string;

  @ApiPropertyOptional({ enum: DEAD_REASONS })
  @IsOptional()
  @IsIn(DEAD_REASONS)
  dead_reason?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 100, maximum: 999, description: 'HTTP status of the last answer.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(100)
  @Max(999)
  status_code?: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'Created at or after.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(TIMESTAMP, { message: '$property must be a date or an RFC 3339 time, such as 2026-05-14T10:30:00Z' })
  since?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Created before.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(TIMESTAMP, { message: '$property must be a date or an RFC 3339 time, such as 2026-05-14T10:30:00Z' })
  until?: string;
  @ApiPropertyOptional({ maxLength: 2_000, description: 'Exactly `last_error`; empty for rows without one.' })
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  @Matches(/^[^\0]*$/, { message: 'error must not contain NUL' })
  error?: string;
}
