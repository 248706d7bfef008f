import { type ArgumentMetadata, ValidationPipe } from '@nestjs/common';
import { invalid } from './problem.js';
import { flatten, strangeFields } from './validate-dto.js';

/** The validator takes names that every object inherits for known ones. */
class StrictPipe extends ValidationPipe {
  override async transform(query: object, metadata: ArgumentMetadata): Promise<unknown> {
    const strange = strangeFields(query);
    if (strange.length > 0) throw invalid(strange);
    return super.transform(query, metadata);
  }
}

/** For query strings: values become what the DTO's `@Type` says, unknown ones are refused. */
export const dtoPipe = new StrictPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  exceptionFactory: (errors) => invalid(errors.flatMap((error) => flatten(error))),
});
