import type { Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import type { OperatorClient } from '../../platform/egress/operator-client.js';
import { type SmtpServer, smtpServer } from '../../platform/egress/smtp-server.js';
import type { AlertNotice, AlertSink, SinkAnswer } from '../sink.js';
import { facts, headline } from './headline.js';
import { SINK_TIMEOUT_MS } from './post.js';

export interface EmailSettings {
  smtpUrl: string;
  from: string;
  to: readonly string[];
  /** Certificate authorities in place of Node's (PEM). */
  ca?: readonly string[];
}

/** Mail over SMTP. Credentials leave only under TLS. */
export class EmailSink implements AlertSink {
  readonly name = 'email';
  readonly secrets: readonly string[];
  private readonly server: SmtpServer;

  constructor(
    private readonly client: OperatorClient,
    private readonly settings: EmailSettings,
  ) {
    this.server = smtpServer(settings.smtpUrl);
    const { credentials } = this.server;
    this.secrets = [settings.smtpUrl, ...(credentials === null ? [] : [credentials.password])];
  }

  /** One limit over the whole dialogue: the library's own count from reply to reply. */
  async send(notice: AlertNotice): Promise<SinkAnswer> {
    const limit = AbortSignal.timeout(SINK_TIMEOUT_MS);
    let socket: Socket | undefined;
    const end = () => socket?.destroy();
    limit.addEventListener('abort', end);
    try {
      socket = await this.client.openSocket(this.server, limit);
      const { response } = await this.transportOver(socket).sendMail(mailOf(notice, this.settings));
      return { ok: true, statusCode: replyCode(response), text: response, error: null };
    } catch (error) {
      const { responseCode, message } = error as Error & { responseCode?: number };
      return { ok: false, statusCode: responseCode ?? null, text: null, error: limit.aborted ? 'The mail server took too long.' : message };
    } finally {
      limit.removeEventListener('abort', end);
      socket?.destroy();
    }
  }

  /** The connection is ours: made by the guard of everything that leaves the process. */
  private transportOver(connection: Socket) {
    const { host, port, secure, credentials } = this.server;
    return createTransport({
      host,
      port,
      secure,
      requireTLS: credentials !== null,
      ...(credentials !== null && { auth: { user: credentials.user, pass: credentials.password } }),
      ...(this.settings.ca && { tls: { ca: [...this.settings.ca] } }),
      getSocket: (_options: unknown, done: (error: Error | null, options: object) => void) => done(null, { connection }),
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }
}

/** The mails of one alert form a thread. */
export function mailOf(notice: AlertNotice, { from, to }: Pick<EmailSettings, 'from' | 'to'>) {
  const thread = `<${notice.alertId}@postback>`;
  return {
    from,
    to: [...to],
    subject: `[Postback ${notice.severity}] ${headline(notice)}`.slice(0, 250),
    messageId: notice.event === 'raised' ? thread : `<${notice.id}@postback>`,
    ...(notice.event !== 'raised' && { inReplyTo: thread, references: thread }),
    headers: { 'auto-submitted': 'auto-generated' },
    text: [
      headline(notice),
      '',
      ...facts(notice).map(([name, value]) => `${name}: ${value}`),
      '',
      `What to do: ${notice.runbook}`,
      '',
    ].join('\n'),
  };
}

const replyCode = (response: string): number | null => Number(/^\d{3}/.exec(response)?.[0] ?? Number.NaN) || null;
