import type { Setting } from './setting.js';
import type { settings } from './settings.js';

type Value<S> = S extends Setting<infer T> ? T : { readonly [K in keyof S]: Value<S[K]> };

type Values = Value<typeof settings>;

/** The whole configuration, checked. Has the shape of the table in `settings.ts`. */
export type Config = Values & {
  readonly production: boolean;
  readonly database: Values['database'] & {
    /** No `DATABASE_URL`: start the Postgres that comes along, under `dataDir`. */
    readonly embedded: boolean;
  };
};

export type Role = Config['roles'][number];
