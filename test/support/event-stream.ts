import { API_KEY } from './service.js';

export interface StreamedEvent {
  id: string;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
  data: any;
}

/** A client of server-sent events that keeps everything it gets. */
export class StreamClient {
  readonly events: StreamedEvent[] = [];
  text = '';
  private readonly gone = new AbortController();
  private waiting: { enough(): boolean; resolve(): void }[] = [];
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;

  private constructor(readonly response: Response) {
    this.ended = this.read();
    this.ended.catch(() => {}); // of a stream that the test itself closes
  }

  static async open(url: string, headers: Record<string, string> = {}, key = API_KEY): Promise<StreamClient> {
    const gone = new AbortController();
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${key}`, ...headers },
      signal: gone.signal,
    });
    const client = new StreamClient(response);
    client.gone.signal.addEventListener('abort', () => gone.abort());
    return client;
  }

  /** Resolves once `enough` holds for what has come. */
  until(enough: (client: StreamClient) => boolean): Promise<void> {
    if (enough(this)) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ enough: () => enough(this), resolve }));
  }

  close(): void {
    this.gone.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of this.response.body ?? []) {
      const text = decoder.decode(chunk, { stream: true });
      this.text += text;
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) this.take(block);
      for (const { enough, resolve } of this.waiting) if (enough()) resolve();
    }
  }

  private take(block: string): void {
    const fields = Object.fromEntries(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    if (fields.data !== undefined) this.events.push({ id: fields.id!, event: fields.event!, data: JSON.parse(fields.data) });
  }
}
