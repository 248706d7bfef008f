import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  from: string;
  to: string[];
  /** The message as it came, headers and body. */
  text: string;
  secure: boolean;
  user: string | null;
}

interface MailServerOptions {
  /** Offers STARTTLS with this certificate. */
  tls?: { key: string; cert: string };
  /** Who may send; nobody need log in when left out. */
  login?: { user: string; password: string };
}

/** A real SMTP server on loopback that keeps what it takes. */
export class MailServer {
  readonly mails: Mail[] = [];
  /** Refuses every mail with this reply, while set. */
  refusal: { code: number; message: string } | null = null;
  private readonly server: SMTPServer;

  private constructor({ tls, login }: MailServerOptions) {
    this.server = new SMTPServer({
      ...tls,
      authOptional: login === undefined,
      disabledCommands: [...(tls === undefined ? ['STARTTLS'] : []), ...(login === undefined ? ['AUTH'] : [])],
      onAuth: ({ username, password }, _session, done) =>
        username === login?.user && password === login?.password ? done(null, { user: username }) : done(new Error('Invalid login')),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          if (this.refusal !== null) {
            done(Object.assign(new Error(this.refusal.message), { responseCode: this.refusal.code }));
            return;
          }
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            text: Buffer.concat(chunks).toString(),
            secure: session.secure,
            user: session.user ?? null,
          });
          done();
        });
      },
    });
    this.server.on('error', () => {}); // a client that hangs up
  }

  static async start(options: MailServerOptions = {}): Promise<MailServer> {
    const mail = new MailServer(options);
    const { server } = mail.server.listen(0, '127.0.0.1') as unknown as SMTPServer;
    if (!mail.server.server.listening) await once(server ?? mail.server.server, 'listening');
    return mail;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
