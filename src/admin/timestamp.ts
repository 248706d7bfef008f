/** Of what ISO 8601 allows, only what Postgres reads: no week dates, no year 0, no offset beyond those in use. */
export const TIMESTAMP = /^(?!0000)\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?)?$/;
