import { type Answered, call } from './service.js';

// biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
type Body = any;

/** Calls `/webhook-endpoints` of one service and remembers every answer, so that a test can say what was never shown. */
export class EndpointsApi {
  readonly answers: Answered[] = [];

  constructor(
    private readonly serviceUrl: string,
    private readonly key?: string,
  ) {}

  async call(method: string, path = '', body?: unknown): Promise<Answered> {
    const options = { ...(this.key !== undefined && { key: this.key }), ...(body !== undefined && { body }) };
    const answer = await call(method, `${this.serviceUrl}/webhook-endpoints${path}`, options);
    this.answers.push(answer);
    return answer;
  }

  /** The endpoint as it was shown at its registration. */
  async register(fields: { url: string } & Record<string, unknown>): Promise<Body> {
    return expectStatus(await this.call('POST', '', fields), 201);
  }

  async show(id: string): Promise<Body> {
    return expectStatus(await this.call('GET', `/${id}`), 200);
  }

  async change(id: string, fields: Record<string, unknown>): Promise<Body> {
    return expectStatus(await this.call('PATCH', `/${id}`, fields), 200);
  }

  async act(id: string, action: 'rotate' | 'pause' | 'resume' | 'test', body?: unknown): Promise<Body> {
    return expectStatus(await this.call('POST', `/${id}/${action}`, body), 200);
  }
}

function expectStatus(answer: Answered, status: number): Body {
  if (answer.status !== status) throw new Error(`Answered ${answer.status} instead of ${status}: ${answer.text}`);
  return answer.body;
}
