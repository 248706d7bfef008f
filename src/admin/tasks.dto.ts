import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { TASK_STAGES, type TaskStage } from '../tasks/states.js';
import { TaskSummary } from '../tasks/task.dto.js';
import { TasksQuery } from '../tasks/tasks-query.dto.js';

export class AdminTasksQuery extends TasksQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\0]*$/, { message: 'tenant must not contain NUL' })
  tenant?: string;

  @ApiPropertyOptional({
    enum: TASK_STAGES,
    description: 'As the table has it: `status=processing` is `queued`, `running` or `canceling`.',
  })
  @IsOptional()
  @IsIn(TASK_STAGES)
  stage?: TaskStage;
}

@ApiSchema({ name: 'AdminTaskSummary' })
export class AdminTaskSummary extends TaskSummary {
  @ApiProperty({ type: String, description: 'Whose it is.' })
  tenant: string;
}

export class AdminTaskPage {
  @ApiProperty({ type: AdminTaskSummary, isArray: true, description: 'Newest first.' })
  items: AdminTaskSummary[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}
