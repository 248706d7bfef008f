import { mailAddress, visible, webhookSecret } from '../credentials.js';
import { decimal, integer, list, secret, text, url } from '../setting.js';
import { DAY, HOUR, MINUTE, ms, SECOND } from './units.js';

// Who is told, and from when on.
export const alerts = {
  slackUrl: url('POSTBACK_ALERT_SLACK_URL', {
    default: null,
    schemes: ['http', 'https'],
    secret: true,
    about: 'A Slack incoming webhook that gets alerts.',
  }),
  pagerdutyKey: secret('POSTBACK_ALERT_PAGERDUTY_KEY', {
    accepts: 'an Events API v2 routing key',
    parse: visible,
    about: 'The PagerDuty routing key for alerts.',
  }),
  pagerdutyUrl: url('POSTBACK_ALERT_PAGERDUTY_URL', {
    default: 'https://events.pagerduty.com/v2/enqueue',
    schemes: ['http', 'https'],
    about: 'Where PagerDuty takes events (Events API v2); for the EU region `https://events.eu.pagerduty.com/v2/enqueue`.',
  }),
  emailTo: list('POSTBACK_ALERT_EMAIL_TO', {
    accepts: 'mail addresses, separated by commas',
    each: mailAddress,
    about: 'Who gets alerts by mail; needs `POSTBACK_SMTP_URL`.',
  }),
  emailFrom: text('POSTBACK_ALERT_EMAIL_FROM', {
    default: 'postback@localhost',
    accepts: 'a mail address',
    about: 'The sender of alert mails.',
  }),
  smtpUrl: url('POSTBACK_SMTP_URL', {
    default: null,
    schemes: ['smtp', 'smtps'],
    secret: true,
    about:
      'The mail server for alerts, with its user and password. With these, `smtp://` wants STARTTLS, so that they never travel in the clear.',
  }),
  webhookUrl: url('POSTBACK_ALERT_WEBHOOK_URL', {
    default: null,
    schemes: ['http', 'https'],
    secret: true,
    about: 'An address that gets alerts as JSON.',
  }),
  webhookSecret: secret('POSTBACK_ALERT_WEBHOOK_SECRET', {
    accepts: '`whsec_` and the base64 of 16 to 64 bytes, or any 8 to 256 bytes',
    parse: webhookSecret,
    about: 'Signs what `POSTBACK_ALERT_WEBHOOK_URL` gets (Standard Webhooks); unset: it is not signed.',
  }),
  runbookUrl: url('POSTBACK_ALERT_RUNBOOK_URL', {
    default: null,
    shown: 'the path `docs/running.md`',
    schemes: ['http', 'https'],
    about: 'Where you published `docs/running.md`; each alert links to its paragraph there.',
  }),
  intervalMs: integer('POSTBACK_ALERT_INTERVAL_MS', {
    default: 15 * SECOND,
    min: 50,
    max: HOUR,
    unit: ms,
    about: 'How often the alert rules look at the tables, all processes together.',
  }),
  quietMs: integer('POSTBACK_ALERT_QUIET_MS', {
    default: HOUR,
    min: 0,
    max: 30 * DAY,
    unit: ms,
    about: 'An alert that lasts and that nobody has acknowledged is told again this often at most.',
  }),
  resolveAfterMs: integer('POSTBACK_ALERT_RESOLVE_AFTER_MS', {
    default: MINUTE,
    min: 0,
    max: DAY,
    unit: ms,
    about: 'How long the trouble must be over before its alert is resolved, so that what comes and goes is told once.',
  }),
  failureRate: decimal('POSTBACK_ALERT_FAILURE_RATE', {
    default: 0.5,
    min: 0.01,
    max: 1,
    about: 'Alert `failure_rate`: the share of the latest attempts that failed.',
  }),
  failureRateMinAttempts: integer('POSTBACK_ALERT_FAILURE_RATE_MIN_ATTEMPTS', {
    default: 50,
    min: 1,
    max: 2_000,
    unit: 'attempts',
    about: 'With fewer attempts than this there is no failure rate. It is taken from the latest 2000.',
  }),
  failureRateWindowMs: integer('POSTBACK_ALERT_FAILURE_RATE_WINDOW_MS', {
    default: 15 * MINUTE,
    min: SECOND,
    max: DAY,
    unit: ms,
    about: 'Attempts count in the failure rate when their webhook was made within this time.',
  }),
  deadLetters: integer('POSTBACK_ALERT_DEAD_LETTERS', {
    default: 100,
    min: 1,
    max: 10_000,
    unit: 'webhooks',
    about: 'Alert `dead_letters`: so many dead webhooks wait for a person.',
  }),
  retryAttempts: integer('POSTBACK_ALERT_RETRY_ATTEMPTS', {
    default: 6,
    min: 5,
    max: 1_000,
    unit: 'attempts',
    about: 'Alert `many_retries`: charged attempts that make a webhook one with many retries.',
  }),
  retryRows: integer('POSTBACK_ALERT_RETRY_ROWS', {
    default: 10,
    min: 1,
    max: 10_000,
    unit: 'webhooks',
    about: 'Alert `many_retries`: so many such webhooks.',
  }),
  unchargedAttempts: integer('POSTBACK_ALERT_UNCHARGED_ATTEMPTS', {
    default: 8,
    min: 5,
    max: 1_000,
    unit: 'attempts',
    about: 'Alert `failing_uncharged`: attempts of one webhook in a row that failed by no fault of its receiver; 8 take about ten minutes.',
  }),
  dueAgeMs: integer('POSTBACK_ALERT_DUE_AGE_MS', {
    default: 5 * MINUTE,
    min: 1,
    max: 7 * DAY,
    unit: ms,
    about: 'Alert `oldest_due`: a webhook has been due for so long and is not sent.',
  }),
  heldAgeMs: integer('POSTBACK_ALERT_HELD_AGE_MS', {
    default: HOUR,
    min: 1,
    max: 365 * DAY,
    unit: ms,
    about: 'Alert `oldest_held`: a webhook has waited for so long for an endpoint that is paused, disabled or failing.',
  }),
  queueAgeMs: integer('POSTBACK_ALERT_QUEUE_AGE_MS', {
    default: 10 * MINUTE,
    min: 1,
    max: 7 * DAY,
    unit: ms,
    about: 'Alert `queue_age`: a task has been ready to run for so long.',
  }),
  roleMissingMs: integer('POSTBACK_ALERT_ROLE_MISSING_MS', {
    default: MINUTE,
    min: 0,
    max: DAY,
    unit: ms,
    about: 'Alert `role_without_process`: no process of a role has been alive for so long.',
  }),
};
