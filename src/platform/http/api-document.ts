import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

/** The OpenAPI document of the running service; made once all routes are known, at the end of boot. */
@Injectable()
export class ApiDocument {
  private document: OpenAPIObject | null = null;

  set(document: OpenAPIObject): void {
    this.document = document;
  }

  get(): OpenAPIObject {
    if (this.document === null) throw new Error('The OpenAPI document is asked for before the service has booted.');
    return this.document;
  }

  /** One of its schemas as a JSON Schema that stands alone: schemas it refers to come along under `$defs`. */
  schema(name: string): object {
    const all = this.get().components?.schemas ?? {};
    const needed = new Set<string>();
    const inline = (node: unknown): unknown =>
      JSON.parse(JSON.stringify(node ?? {}), (key, value) => {
        if (key !== '$ref' || typeof value !== 'string') return value;
        const target = value.split('/').at(-1)!;
        needed.add(target);
        return `#/$defs/${target}`;
      });
    const schema = inline(all[name]) as object;
    const definitions: Record<string, unknown> = {};
    for (const target of needed) definitions[target] = inline(all[target]); // a Set grows while it is walked
    return needed.size === 0 ? schema : { ...schema, $defs: definitions };
  }
}
