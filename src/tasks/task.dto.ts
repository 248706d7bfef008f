import { ApiProperty, ApiSchema, OmitType } from '@nestjs/swagger';
import type { Json } from '../agents/agent.js';
import { anyJson } from '../agents/any-json.js';
import { TASK_STAGES, type TaskStage, type TaskStatus, TERMINAL_STAGES } from './states.js';

const id = { type: String, format: 'uuid' } as const;
const time = { type: String, format: 'date-time' } as const;

/** The words of `webhooks/outbox/states.ts`, which is not this folder's to import; a test compares the two. */
const DELIVERY_STATUSES = ['pending', 'delivering', 'delivered', 'held', 'dead'];

export class TaskLinks {
  @ApiProperty({ type: String, format: 'uri', description: 'The task itself.' })
  self: string;

  @ApiProperty({ type: String, format: 'uri', description: 'Its events.' })
  events: string;

  @ApiProperty({ type: String, format: 'uri', description: 'POST here to cancel it.' })
  cancel: string;
}

@ApiSchema({ name: 'Accepted', description: 'The answer to a submit.' })
export class AcceptedView {
  @ApiProperty(id)
  task_id: string;

  @ApiProperty({ enum: ['processing'] })
  status: 'processing';

  @ApiProperty({ type: String, description: 'A sentence for people.' })
  message: string;

  @ApiProperty({ type: TaskLinks })
  links: TaskLinks;
}

export class TaskProgress {
  @ApiProperty({ type: Number, minimum: 0, maximum: 1 })
  fraction: number;

  @ApiProperty({ type: String, nullable: true })
  message: string | null;

  @ApiProperty({ ...anyJson, description: 'What the agent added; null when nothing.' })
  data: Json;
}

export class TaskError {
  @ApiProperty({ type: String, description: 'A stable word for programs.', example: 'document_unreadable' })
  code: string;

  @ApiProperty({ type: String, description: 'A sentence for people.' })
  message: string;
}

/** The terminal event's worst row: the one to look at when several endpoints are told. */
export class DeliveryView {
  @ApiProperty({ enum: DELIVERY_STATUSES })
  status: string;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'HTTP tries so far.' })
  attempts: number;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status of the last answer.' })
  last_status_code: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'What went wrong last, as a sentence; null after a success.' })
  last_error: string | null;

  @ApiProperty({ ...time, nullable: true, description: 'When it is tried again; null unless `status` is `pending`.' })
  next_attempt_at: string | null;
}

/** A task as its owner sees it. */
export class TaskView {
  @ApiProperty(id)
  task_id: string;

  @ApiProperty({ type: String, description: 'The task type.', example: 'analyze-document' })
  type: string;

  @ApiProperty({ enum: ['processing', ...TERMINAL_STAGES], description: '`processing` until the task has ended.' })
  status: TaskStatus;

  @ApiProperty({ enum: TASK_STAGES, description: 'The same in the words of the table.' })
  stage: TaskStage;

  @ApiProperty({ type: TaskProgress, nullable: true, description: 'As last reported by the agent.' })
  progress: TaskProgress | null;

  @ApiProperty({ ...anyJson, description: "The agent's result; null unless `completed`." })
  result: Json;

  @ApiProperty({ type: TaskError, nullable: true, description: 'Why it did not complete; null while it runs and when `completed`.' })
  error: TaskError | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, description: 'As submitted.' })
  metadata: { [key: string]: Json } | null;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Runs charged to the agent; one cut short by a deploy or a crash is not.' })
  runs: number;

  @ApiProperty(time)
  created_at: string;

  @ApiProperty({ ...time, nullable: true, description: 'When the first run began.' })
  started_at: string | null;

  @ApiProperty({ ...time, nullable: true })
  finished_at: string | null;

  @ApiProperty({ ...id, nullable: true, description: 'The task that this one does again.' })
  retried_from: string | null;

  @ApiProperty({ type: DeliveryView, nullable: true, description: 'The webhook; null before the task has ended, and when none is sent.' })
  delivery: DeliveryView | null;
}

/** A task in a list: without its result and its webhook. */
export class TaskSummary extends OmitType(TaskView, ['result', 'delivery'] as const) {}

export class TaskPage {
  @ApiProperty({ type: TaskSummary, isArray: true, description: 'Newest first.' })
  items: TaskSummary[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}

export class TaskEventView {
  @ApiProperty({ type: 'integer', minimum: 1, description: '1, 2, 3 ... within the task.' })
  seq: number;

  @ApiProperty({ type: String, example: 'task.progress' })
  type: string;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, description: 'What the event says, by type.' })
  data: Json;

  @ApiProperty(time)
  created_at: Date;
}

export class TaskEventPage {
  @ApiProperty({ type: TaskEventView, isArray: true, description: 'By ascending `seq`.' })
  items: TaskEventView[];

  @ApiProperty({ type: String, nullable: true, description: 'The `after` of the next page; null on the last one.', example: '20' })
  next_cursor: string | null;
}

@ApiSchema({ name: 'Cancellation', description: 'What a cancel found.' })
export class CancellationView {
  @ApiProperty(id)
  task_id: string;

  @ApiProperty({ enum: ['canceled', 'processing'] })
  status: 'canceled' | 'processing';

  @ApiProperty({ enum: ['canceled', 'canceling'] })
  stage: 'canceled' | 'canceling';
}
