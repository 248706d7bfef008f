import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemBody } from './problem.dto.js';

/** Problems by HTTP status: each `code` with the sentence that explains it. */
export type ProblemTable = Record<number, Record<string, string>>;

type Headers = NonNullable<Parameters<typeof ApiResponse>[0]['headers']>;

/**
 * Documents the problems of one route; those that every route can have are added to all of them by `describeApi`.
 * @param headers by status, of those that carry some
 */
export function ApiProblems(problems: ProblemTable, headers: Record<string, Headers> = {}): MethodDecorator {
  const responses = Object.entries(problems).map(([status, codes]) =>
    ApiResponse({ status: Number(status), ...problemResponse(codes), ...(headers[status] && { headers: headers[status] }) }),
  );
  return applyDecorators(ApiExtraModels(ProblemBody), ...responses);
}

/** A response of the OpenAPI document. */
export function problemResponse(codes: Record<string, string>) {
  return {
    description: Object.entries(codes)
      .map(([code, sentence]) => `\`${code}\`: ${sentence}`)
      .join('\n\n'),
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemBody) } } },
  };
}

/** What any route that needs the database can answer. */
export const faultProblems: ProblemTable = {
  500: { internal_error: 'A fault of the service; it has been logged.' },
  503: {
    temporarily_unavailable: 'The database cannot be reached. Nothing was stored; send the same request again later.',
    not_serving: 'This process is starting or shutting down.',
  },
};

/** What any route that asks for an API key can answer. */
export const generalProblems: ProblemTable = {
  401: { unauthorized: 'The API key is missing, not known, expired or revoked.' },
  403: {
    forbidden: 'The API key lacks the scope for this route.',
    origin_refused: 'A browser sent it for another site, with the cookie of the console.',
  },
  429: {
    rate_limited: 'The API key sends requests too fast; see `Retry-After`.',
    too_many_in_flight: 'The API key has too many requests under way.',
  },
  ...faultProblems,
};

/** What any route can answer, whoever asks. */
export const anyProblems: ProblemTable = {
  400: { bad_request: 'The request cannot be understood.' },
  408: { request_timeout: 'The request took too long to arrive.' },
  431: { headers_too_large: 'The headers of the request are larger than 16 KB.' },
};

/** What any POST or PATCH can answer besides. */
export const bodyProblems: ProblemTable = {
  400: { invalid_json: 'The body is not valid JSON in UTF-8.' },
  413: { body_too_large: 'The body is larger than the service accepts (`POSTBACK_BODY_MAX_BYTES`).' },
  415: { unsupported_media_type: 'The body is not sent as application/json, or it is compressed.' },
};
