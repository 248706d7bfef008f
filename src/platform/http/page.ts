import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { isId } from '../ids.js';
import { invalid } from './problem.js';

/** Query of every list: a page of at most `limit` rows after `cursor`. */
export class PageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20, description: 'Rows on a page.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt({ message: 'limit must be a whole number from 1 to 100' })
  @Min(1)
  @Max(100)
  limit: number = 20;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before.' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cursor?: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** Where a page ended, newest first: rows that come later have a smaller (created_at, id). */
export interface Position {
  /** As Postgres prints it, to the microsecond: a Date would cut it to milliseconds and skip rows. */
  createdAt: string;
  id: string;
}

export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify([position.createdAt, position.id])).toString('base64url');
}

export function decodeCursor(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  try {
    const [createdAt, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown];
    if (typeof createdAt === 'string' && isTimestamp(createdAt) && typeof id === 'string' && isId(id)) return { createdAt, id };
  } catch {
    // falls through to the one answer for every cursor that is not ours
  }
  throw invalid([{ field: 'cursor', detail: 'This cursor was not made by this list; start again without one.' }]);
}

/** As Postgres prints one, and of a day that exists: any other would be an error of the query instead of one of the caller. */
function isTimestamp(text: string): boolean {
  const [, day, time] = /^((?!0000)\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d{1,6})?[+-](?:0\d|1[0-4])(?::[0-5]\d)?$/.exec(text) ?? [];
  const date = new Date(`${day}T${time}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${day}T${time}`);
}

/** Cuts rows fetched with `limit + 1` to a page. */
export function toPage<Row, Item>(rows: Row[], limit: number, position: (row: Row) => Position, item: (row: Row) => Item): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), next_cursor: rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null };
}
