import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsISO8601, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { type Page, PageQuery } from '../../platform/http/page.js';
import { TIMESTAMP } from '../../platform/http/timestamp.js';
import type { AuditRow } from './read-audit.js';

const id = { type: String, format: 'uuid' } as const;
const time = { type: String, format: 'date-time' } as const;

const plain = /^[^\0]*$/;

export class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Such as `key.create` or `endpoint.pause`.' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Matches(plain, { message: '$property must not contain NUL' })
  action?: string;

  @ApiPropertyOptional({ description: 'The story of one key, endpoint or outbox row.' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Matches(plain, { message: '$property must not contain NUL' })
  target_id?: string;

  @ApiPropertyOptional({ description: 'Whose things were changed.' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Matches(plain, { message: '$property must not contain NUL' })
  tenant?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'What was done with one API key.' })
  @IsOptional()
  @IsUUID()
  key_id?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Done at or after.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(TIMESTAMP, { message: '$property must be a date or an RFC 3339 time, such as 2026-05-14T10:30:00Z' })
  since?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Done before.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(TIMESTAMP, { message: '$property must be a date or an RFC 3339 time, such as 2026-05-14T10:30:00Z' })
  until?: string;
}

@ApiSchema({ name: 'AuditEntry', description: 'Who changed what.' })
export class AuditView implements AuditRow {
  @ApiProperty(id)
  id: string;

  @ApiProperty(time)
  created_at: Date;

  @ApiProperty({ type: String, description: 'The name of the API key, or the command.' })
  actor: string;

  @ApiProperty({ ...id, nullable: true, description: 'That key; null for a command, like the two below.' })
  key_id: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Where the request came from.' })
  ip: string | null;

  @ApiProperty({ ...id, nullable: true, description: 'The `X-Request-Id` of the answer.' })
  request_id: string | null;

  @ApiProperty({ type: String, example: 'endpoint.pause' })
  action: string;

  @ApiProperty({ type: String, example: 'endpoint' })
  target_type: string;

  @ApiProperty({ type: String })
  target_id: string;

  @ApiProperty({ type: String, nullable: true, description: 'Whose it is.' })
  tenant: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, description: 'Before; null when it was made. No secrets.' })
  before: object | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, description: 'After; null when nothing is left. No secrets.' })
  after: object | null;
}

export class AuditPage implements Page<AuditRow> {
  @ApiProperty({ type: AuditView, isArray: true, description: 'Newest first.' })
  items: AuditView[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}
