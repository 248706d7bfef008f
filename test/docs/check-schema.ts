/** As much of an OpenAPI document as is looked at here. */
// biome-ignore lint/suspicious/noExplicitAny: a document is what it is
export type Document = any;

/** As much of JSON Schema as the document uses. */
interface Schema {
  $ref?: string;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
}

/**
 * Where `value` does not fit `schema`, one line each; none when it fits. Stricter than JSON Schema: a property that the schema
 * does not list is an error unless it lists none at all or says `additionalProperties`.
 */
export function misfits(document: Document, schema: Schema, value: unknown, at = '$'): string[] {
  const { oneOf, anyOf = oneOf, ...rest } = resolve(document, schema);
  const own = checkValue(document, rest, value, at);
  if (anyOf === undefined) return own;
  const tries = anyOf.map((option) => misfits(document, option, value, at));
  return tries.some((lines) => lines.length === 0) ? own : [...own, ...tries[0]!];
}

/** Follows `$ref` and joins `allOf`. */
export function resolve(document: Document, schema: Schema): Schema {
  if (schema.$ref !== undefined) {
    const target = schema.$ref
      .split('/')
      .slice(1)
      .reduce((node, key) => node?.[key], document);
    if (target === undefined) throw new Error(`${schema.$ref} leads nowhere.`);
    return resolve(document, target);
  }
  const parts = (schema.allOf ?? []).map((part) => resolve(document, part));
  if (parts.length === 0) return schema;
  const { allOf: _, ...own } = schema;
  const all = [own, ...parts];
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map((part) => part.properties)),
    required: all.flatMap((part) => part.required ?? []),
  };
}

function checkValue(document: Document, schema: Schema, value: unknown, at: string): string[] {
  const wrong = (what: string) => [`${at} ${what}`];
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return wrong(`is no ${types.join(' or ')}`);
  if (schema.enum !== undefined && !schema.enum.includes(value)) return wrong(`is ${JSON.stringify(value)}, not one of ${schema.enum}`);
  if (Array.isArray(value)) return value.flatMap((item, index) => misfits(document, schema.items ?? {}, item, `${at}[${index}]`));
  if (typeof value === 'object' && value !== null) return checkObject(document, schema, value as Record<string, unknown>, at);
  if (typeof value === 'string') return checkString(schema, value) ? [] : wrong(`is "${value}", no ${schema.format ?? schema.pattern}`);
  if (typeof value === 'number' && (value < (schema.minimum ?? value) || value > (schema.maximum ?? value)))
    return wrong(`is ${value}, out of bounds`);
  return [];
}

function checkObject(document: Document, schema: Schema, value: Record<string, unknown>, at: string): string[] {
  const { properties = {}, required = [], additionalProperties } = schema;
  const open = Object.keys(properties).length === 0 || (additionalProperties ?? false) !== false;
  const missing = required.filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`);
  const inside = Object.entries(value).flatMap(([name, member]) => {
    const property = properties[name];
    if (property === undefined) return open ? [] : [`${at}.${name} is not in the schema`];
    return misfits(document, property, member, `${at}.${name}`);
  });
  return [...missing, ...inside];
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

const formats: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  uri: /^https?:\/\/\S+$/,
};

function checkString({ format = '', pattern = '' }: Schema, value: string): boolean {
  return (formats[format]?.test(value) ?? true) && new RegExp(pattern, 'u').test(value);
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Every operation of a document. */
export function operations(document: Document): { route: string; method: string; path: string; operation: Document }[] {
  return Object.entries<Document>(document.paths).flatMap(([path, item]) =>
    Object.entries<Document>(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, method, path, operation })),
  );
}

/** The document's operation for a real request, such as `GET /tasks/0190…/events`; exact paths win over templates. */
export function findOperation(document: Document, method: string, path: string): Document {
  const candidates = operations(document).filter(
    (each) => each.method === method.toLowerCase() && new RegExp(`^${each.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  const found = candidates.find((each) => each.path === path) ?? candidates[0];
  if (found === undefined) throw new Error(`The OpenAPI document has no ${method} ${path}.`);
  return found.operation;
}
