import { boot } from '../../src/boot.js';
import { loadConfig } from '../../src/config/load-config.js';
import { createLogger } from '../../src/platform/logging/logger.js';
import { SubmitLine } from '../../src/tasks/submit-line.js';
import { created } from '../../src/tasks/submit-tasks.js';
import { answerQuestions } from './helper.js';
import { environment } from './service.js';

export type AcceptQuestions = typeof questions;

const questions = {
  /** The role api. With `stored: false` the same route, whose last step keeps nothing. Its URL. */
  async start({ databaseUrl, stored }: { databaseUrl: string; stored: boolean }): Promise<string> {
    if (!stored) SubmitLine.prototype.submit = async (submission) => created(submission);
    const config = loadConfig({ ...environment(databaseUrl, 'api'), POSTBACK_LOG_LEVEL: 'warn' });
    const { url, stop } = await boot(config, createLogger(config.log.level), () => {});
    process.once('SIGTERM', () => void stop().finally(() => process.exit()));
    return url!;
  },
};

answerQuestions(questions);
