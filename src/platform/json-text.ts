/**
 * A JSON object put together from members that are JSON text already. What an agent returned goes to the caller byte for
 * byte this way; parsing and printing it again would cost time and could change it.
 */
export function objectText(members: Record<string, string>): string {
  return `{${Object.entries(members)
    .map(([key, text]) => `${JSON.stringify(key)}:${text}`)
    .join(',')}}`;
}

/** JSON text of a value; `null` for what JSON cannot carry. */
export const jsonText = (value: unknown): string => JSON.stringify(value) ?? 'null';
