import type { ProblemTable } from '../../platform/http/api-problems.js';

export const unknownEndpoint: ProblemTable = { 404: { not_found: "There is no such endpoint among this API key's own." } };

/** What a body with fields can be refused for. */
export const fieldProblems: ProblemTable = {
  422: {
    validation_failed: 'Fields cannot be accepted; see `errors`.',
    invalid_string: 'A string or key holds a NUL character or half of a surrogate pair.',
    number_out_of_range: 'A number would not be kept exactly.',
    json_too_deep: 'The body is nested too deep.',
    duplicate_key: 'An object holds a key twice.',
    forbidden_key: 'A key would tamper with objects.',
  },
};
