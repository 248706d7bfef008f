/** For `@ApiProperty`: a value that may be any JSON. A bare `Object` would say that only objects are. */
export const anyJson = {
  anyOf: ['object', 'array', 'string', 'number', 'boolean', 'null'].map((type) => (type === 'array' ? { type, items: {} } : { type })),
};
