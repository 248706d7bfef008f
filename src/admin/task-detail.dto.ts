import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { anyJson } from '../agents/any-json.js';
import { TaskView } from '../tasks/task.dto.js';

const id = { type: String, format: 'uuid' } as const;
const timeOrNull = { type: String, format: 'date-time', nullable: true } as const;

@ApiSchema({ name: 'TaskWorker' })
export class TaskWorkerView {
  @ApiProperty(id)
  id: string;

  @ApiProperty({ type: String, nullable: true, description: 'Null when the process is gone, like `pid`.' })
  host: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  pid: number | null;

  @ApiProperty({ type: Boolean })
  alive: boolean;
}

@ApiSchema({ name: 'TaskWebhook' })
export class TaskWebhookView {
  @ApiProperty({ type: String, nullable: true, description: 'The `webhook_url` of the submit.' })
  url: string | null;

  @ApiProperty({ ...id, isArray: true, description: 'Every endpoint that is told.' })
  endpoint_ids: string[];

  @ApiProperty({ type: String, isArray: true, nullable: true, description: 'Null: every terminal event.' })
  events: string[] | null;
}

@ApiSchema({ name: 'TaskStep' })
export class TaskStepView {
  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ type: 'integer', minimum: 0 })
  duration_ms: number;

  @ApiProperty({ type: String, format: 'date-time', description: 'When it was finished.' })
  created_at: string;

  @ApiProperty({ type: String, description: 'The beginning of its result as JSON text, at most 4000 characters.' })
  result_excerpt: string;
}

@ApiSchema({ name: 'AdminTask', description: 'A task of any tenant, as its owner sees it and beyond.' })
export class AdminTaskView extends TaskView {
  @ApiProperty({ type: String, description: 'Whose it is.' })
  tenant: string;

  @ApiProperty({ ...anyJson, description: "The agent's own fields of the submit." })
  input: unknown;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Runs cut short by a deploy or a crash.' })
  interruptions: number;

  @ApiProperty({ type: Number, description: 'Seconds one run may take.' })
  timeout: number;

  @ApiProperty({ ...timeOrNull, description: 'While queued: not run before.' })
  next_run_at: string | null;

  @ApiProperty({ ...timeOrNull, description: 'When the present run is aborted.' })
  run_deadline_at: string | null;

  @ApiProperty({ ...timeOrNull, description: 'Not started by then, it ends as expired.' })
  expires_at: string | null;

  @ApiProperty({ type: TaskWorkerView, nullable: true, description: 'The process that runs it, or ran it last.' })
  worker: TaskWorkerView | null;

  @ApiProperty({ type: TaskWebhookView })
  webhook: TaskWebhookView;

  @ApiProperty({ type: TaskStepView, isArray: true, description: 'Steps that are done and not done again; by time, at most 200.' })
  steps: TaskStepView[];
}
