import type { Answer } from './receiver.js';

/** Counts requests that are open at once, by path and in all; each is answered after a moment. */
export class Meter {
  most = 0;
  readonly mostByPath = new Map<string, number>();
  private readonly open: { path: string; answer(): void }[] = [];

  readonly hold: Answer = ({ path }, response) => {
    this.open.push({ path, answer: () => response.writeHead(200).end() });
    this.most = Math.max(this.most, this.open.length);
    const here = this.open.filter((each) => each.path === path).length;
    this.mostByPath.set(path, Math.max(this.mostByPath.get(path) ?? 0, here));
    // long enough for anything that would come too much to come
    setTimeout(() => this.open.shift()?.answer(), 60);
  };
}
