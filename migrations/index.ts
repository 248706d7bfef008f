import { CreateTasks1795449600001 } from './1795449600001-create-tasks.js';
import { CreateWebhooks1795449600002 } from './1795449600002-create-webhooks.js';
import { CreateAlertsAndKeys1795449600003 } from './1795449600003-create-alerts-and-keys.js';
import { BlockAndLimitEndpoints1795449600004 } from './1795449600004-block-and-limit-endpoints.js';
import { CreateTaskSteps1795500000001 } from './1795500000001-create-task-steps.js';
import { LineTasksUp1795500000002 } from './1795500000002-line-tasks-up.js';
import { SteadyProcesses1795500000003 } from './1795500000003-steady-processes.js';
import { LinkAndPurgeTasks1795510000001 } from './1795510000001-link-and-purge-tasks.js';
import { KeysAndAudit1795520000001 } from './1795520000001-keys-and-audit.js';
import { IndexQueuedTasks1795520000002 } from './1795520000002-index-queued-tasks.js';
import { ReWrapSecrets1795530000001 } from './1795530000001-re-wrap-secrets.js';
import { EvaluateAlerts1795540000001 } from './1795540000001-evaluate-alerts.js';
import { RedeliverInBulk1795550000001 } from './1795550000001-redeliver-in-bulk.js';
import { RepairInSql1795550000002 } from './1795550000002-repair-in-sql.js';
import { ShareFigures1795560000001 } from './1795560000001-share-figures.js';
import { CreateConsoleSessions1795700000001 } from './1795700000001-create-console-sessions.js';
import { ShowActivity1795700000002 } from './1795700000002-show-activity.js';
import { SealHeaders1795720000001 } from './1795720000001-seal-headers.js';
import { AuditRepairsInSql1795720000002 } from './1795720000002-audit-repairs-in-sql.js';
import { ShowLevels1795730000001 } from './1795730000001-show-levels.js';
import { AnswerFromIndexes1795740000001 } from './1795740000001-answer-from-indexes.js';
import { CheckRedeliveries1795740000002 } from './1795740000002-check-redeliveries.js';
import { FollowMovedEndpoints1796410000001 } from './1796410000001-follow-moved-endpoints.js';
import { BackBatchesOff1796420000001 } from './1796420000001-back-batches-off.js';
import { CommentMigrations1796430000001 } from './1796430000001-comment-migrations.js';

/** In the order they run. Listed by hand: what is not listed does not run, whatever lies in the folder. */
export const migrations = [
  CreateTasks1795449600001,
  CreateWebhooks1795449600002,
  CreateAlertsAndKeys1795449600003,
  BlockAndLimitEndpoints1795449600004,
  CreateTaskSteps1795500000001,
  LineTasksUp1795500000002,
  SteadyProcesses1795500000003,
  LinkAndPurgeTasks1795510000001,
  KeysAndAudit1795520000001,
  IndexQueuedTasks1795520000002,
  ReWrapSecrets1795530000001,
  EvaluateAlerts1795540000001,
  RedeliverInBulk1795550000001,
  RepairInSql1795550000002,
  ShareFigures1795560000001,
  CreateConsoleSessions1795700000001,
  ShowActivity1795700000002,
  SealHeaders1795720000001,
  AuditRepairsInSql1795720000002,
  ShowLevels1795730000001,
  AnswerFromIndexes1795740000001,
  CheckRedeliveries1795740000002,
  FollowMovedEndpoints1796410000001,
  BackBatchesOff1796420000001,
  CommentMigrations1796430000001,
];
