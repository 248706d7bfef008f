import { ApiPropertyOptional } from '@nestjs/swagger';
import { Allow, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { Json } from '../agent.js';
import { anyJson } from '../any-json.js';

export class EchoInput {
  @ApiPropertyOptional({ ...anyJson, description: 'Any JSON; comes back as the result.', example: { hello: 'world' } })
  @Allow()
  payload?: Json;

  @ApiPropertyOptional({ type: 'integer', description: 'How long the task takes, in ms.', minimum: 0, maximum: 3_600_000, example: 500 })
  @IsOptional()
  @IsInt({ message: 'delay_ms must be a whole number of ms, from 0 to 3600000' })
  @Min(0)
  @Max(3_600_000)
  delay_ms?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'Progress reports, spread over the delay.', minimum: 0, maximum: 1_000, example: 4 })
  @IsOptional()
  @IsInt({ message: 'progress_steps must be a whole number from 0 to 1000' })
  @Min(0)
  @Max(1_000)
  progress_steps?: number;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Cuts the delay into this many steps; those that are finished are not repeated after a crash.',
    minimum: 0,
    maximum: 100,
  })
  @IsOptional()
  @IsInt({ message: 'steps must be a whole number from 0 to 100' })
  @Min(0)
  @Max(100)
  steps?: number;

  @ApiPropertyOptional({ description: 'End like this instead; `crash` kills the worker process.', enum: ['failed', 'error', 'crash'] })
  @IsOptional()
  @IsIn(['failed', 'error', 'crash'], { message: 'fail must be failed, error or crash' })
  fail?: 'failed' | 'error' | 'crash';

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Do so only in the first runs, this many; always when left out.',
    minimum: 1,
    maximum: 100,
  })
  @IsOptional()
  @IsInt({ message: 'fail_times must be a whole number from 1 to 100' })
  @Min(1)
  @Max(100)
  fail_times?: number;
}
