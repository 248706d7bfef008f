import { ValidationPipe } from '@nestjs/common';
import { invalid } from './problem.js';
import { flatten } from './validate-dto.js';

/** For query strings and small fixed bodies: values become what the DTO's `@Type` says, unknown ones are refused. */
export const dtoPipe = new ValidationPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  exceptionFactory: (errors) => invalid(errors.flatMap((error) => flatten(error))),
});
