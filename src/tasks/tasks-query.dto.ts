import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional, Matches } from 'class-validator';
import { PageQuery } from '../platform/http/page.js';
import { TIMESTAMP } from '../platform/http/timestamp.js';
import { type TaskStatus, TERMINAL_STAGES } from './states.js';

const STATUSES = ['processing', ...TERMINAL_STAGES];
const badTime = { message: '$property must be a date or an RFC 3339 time, such as 2026-05-14T10:30:00Z' };

export class TasksQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'A task type.', example: 'analyze-document' })
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,60}$/, { message: 'type must be the name of a task type' })
  type?: string;

  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional()
  @IsIn(STATUSES)
  status?: TaskStatus;

  @ApiPropertyOptional({ format: 'date-time', description: 'Created at or after.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(TIMESTAMP, badTime)
  since?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Created before.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(TIMESTAMP, badTime)
  until?: string;
}
