import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';

export class FieldProblem {
  @ApiProperty({ type: String, description: 'Path of the field.', example: 'webhook_url' })
  field: string;

  @ApiProperty({ type: String, description: 'What is wrong with it, as a sentence.', example: 'The URL does not start with https://.' })
  detail: string;
}

/** What `problem.filter.ts` sends. */
@ApiSchema({ name: 'Problem', description: 'Problem details by RFC 9457, sent as application/problem+json.' })
export class ProblemBody {
  @ApiProperty({ type: String, description: 'Always `about:blank`: `code` is what tells problems apart.', example: 'about:blank' })
  type: string;

  @ApiProperty({ type: String, description: 'The name of the HTTP status.', example: 'Unprocessable Content' })
  title: string;

  @ApiProperty({ type: 'integer', description: 'The HTTP status.', example: 422 })
  status: number;

  @ApiProperty({
    type: String,
    pattern: '^[a-z]+(_[a-z]+)*$',
    description: 'A stable word for programs. New ones may be added.',
    example: 'validation_failed',
  })
  code: string;

  @ApiProperty({ type: String, description: 'A sentence for people that says what to do. Its wording may change.' })
  detail: string;

  @ApiPropertyOptional({ type: FieldProblem, isArray: true, description: 'Every field that is wrong, when fields are what is wrong.' })
  errors?: FieldProblem[];
}
