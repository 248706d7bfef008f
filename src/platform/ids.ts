import { v7, validate } from 'uuid';

/** UUIDv7 (RFC 9562): sorts by the time it was made, so new rows land together at the end of an index. */
export const newId = (): string => v7();

export const isId = (text: string): boolean => validate(text);
