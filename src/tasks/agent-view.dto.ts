import { ApiProperty } from '@nestjs/swagger';

const jsonSchema = { type: 'object', additionalProperties: true } as const;

export class AgentView {
  @ApiProperty({ type: String, description: 'The last part of `POST /agent/<type>`.', example: 'analyze-document' })
  type: string;

  @ApiProperty({ type: String })
  description: string;

  @ApiProperty({ ...jsonSchema, description: "JSON Schema of the agent's own fields of a submit." })
  input: object;

  @ApiProperty({ ...jsonSchema, description: 'JSON Schema of the result; empty: any JSON.' })
  output: object;

  @ApiProperty({ type: Number, description: 'Seconds one run may take when a submit names no `timeout`.' })
  timeout: number;

  @ApiProperty({ type: Number, description: 'The longest `timeout` a submit may ask for, in seconds.' })
  max_timeout: number;
}

export class AgentList {
  @ApiProperty({ type: AgentView, isArray: true })
  items: AgentView[];

  @ApiProperty({ type: String, nullable: true, description: 'Always null: there is one page.' })
  next_cursor: null;
}
