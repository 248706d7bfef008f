import { UNKNOWN_PORT_URL } from '../../config/settings.js';

/** Where others reach this service; links in answers and webhooks begin with it. Ends without a slash. */
export class PublicUrl {
  private url: string;

  /** @param configured `POSTBACK_PUBLIC_URL`, or what it is when unset */
  constructor(configured: string) {
    this.url = configured.replace(/\/+$/, '');
  }

  get(): string {
    return this.url;
  }

  /** With `PORT=0` and no address given, only the socket knows the port. */
  listensOn(port: number): void {
    if (this.url === UNKNOWN_PORT_URL) this.url = `http://localhost:${port}`;
  }
}
