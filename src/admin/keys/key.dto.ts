import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { type Page, PageQuery } from '../../platform/http/page.js';
import { SCOPES, type Scope } from '../../platform/http/principal.js';
import type { NewKey } from './create-key.js';
import type { KeyRow } from './key-row.js';

const id = { type: String, format: 'uuid' } as const;
const time = { type: String, format: 'date-time' } as const;

const YEAR_SECONDS = 365 * 86_400;
const MONTH_SECONDS = 30 * 86_400;
export const DEFAULT_KEY_OVERLAP_SECONDS = 86_400;

@ApiSchema({ name: 'NewApiKey' })
export class KeyFields {
  @ApiProperty({ type: String, maxLength: 100, description: 'Whose tasks and endpoints the key sees. A new name is a new tenant.' })
  @IsString()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$/, {
    message: 'tenant must be 1 to 100 letters, digits, dots, colons, @, hyphens or underscores, beginning with a letter or digit',
  })
  tenant: string;

  @ApiProperty({ type: String, maxLength: 100, description: 'For people: who uses it and where.' })
  @IsString()
  @Matches(/^[^\p{C}]{1,100}$/u, { message: 'name must be 1 to 100 characters without control characters' })
  name: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(SCOPES, { each: true, message: `each of scopes must be one of ${SCOPES.join(', ')}` })
  scopes: Scope[];

  @ApiPropertyOptional({ type: 'integer', minimum: 60, maximum: 10 * YEAR_SECONDS, description: 'Seconds. Left out: it never expires.' })
  @IsOptional()
  @IsInt({ message: `expires_in must be a whole number of seconds, from 60 to ${10 * YEAR_SECONDS}` })
  @Min(60)
  @Max(10 * YEAR_SECONDS)
  expires_in?: number | null;
}

@ApiSchema({ name: 'ApiKeyRotation' })
export class KeyRotationFields {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MONTH_SECONDS,
    default: DEFAULT_KEY_OVERLAP_SECONDS,
    description: 'Seconds for which the former key is accepted, too. 0: it ends at once.',
  })
  @IsOptional()
  @IsInt({ message: `overlap_seconds must be a whole number of seconds, from 0 to ${MONTH_SECONDS}` })
  @Min(0)
  @Max(MONTH_SECONDS)
  overlap_seconds?: number | null;
}

export class KeyQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Keys of this tenant only.' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\0]*$/, { message: 'tenant must not contain NUL' })
  tenant?: string;
}

@ApiSchema({ name: 'ApiKey', description: 'An API key, without the key itself.' })
export class KeyView implements KeyRow {
  @ApiProperty({ ...id, description: 'Also the part of the key between its underscores, there without hyphens.' })
  id: string;

  @ApiProperty({ type: String })
  tenant: string;

  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];

  @ApiProperty(time)
  created_at: Date;

  @ApiProperty({ ...time, nullable: true, description: 'Refused after this; null: never.' })
  expires_at: Date | null;

  @ApiProperty({ ...time, nullable: true, description: 'Refused since; null: not revoked.' })
  revoked_at: Date | null;

  @ApiProperty({ ...time, nullable: true, description: 'Late by up to a minute and a half; null: never used.' })
  last_used_at: Date | null;

  @ApiProperty({ ...id, nullable: true, description: 'The key it was made to replace.' })
  replaces: string | null;
}

@ApiSchema({ name: 'ApiKeyWithSecret' })
export class KeyWithSecret extends KeyView implements NewKey {
  @ApiProperty({ type: String, description: 'The key, shown this once.', example: 'pb_01a2…_k3…' })
  key: string;
}

@ApiSchema({ name: 'ApiKeyPage' })
export class KeyPage implements Page<KeyRow> {
  @ApiProperty({ type: KeyView, isArray: true, description: 'Newest first.' })
  items: KeyView[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}
