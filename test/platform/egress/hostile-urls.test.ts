import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DocumentDownloader } from '../../../src/platform/egress/document-downloader.js';
import { egressRules } from '../../../src/platform/egress/rules.js';
import { TenantPolicy } from '../../../src/platform/egress/tenant-policy.js';
import { checkTenantUrl, targetOf } from '../../../src/platform/egress/url-rules.js';
import { WebhookClient } from '../../../src/platform/egress/webhook-client.js';
import { FakeResolver } from './support/fake-resolver.js';
import { hostileUrls } from './support/hostile-urls.js';
import { onRequest, RawReceiver } from './support/raw-receiver.js';
import { blockedIPv4, blockedIPv6, numberOfIPv4, numberOfIPv6, textOfIPv4, textOfIPv6 } from './support/special-ranges.js';

/** Where the loopback rows lead; the table is made before anybody listens. */
const PORT = 48_211;
const rows = hostileUrls(PORT);
const strict = egressRules({ allowCidrs: [], allowHttp: false });
/** Names and ports are then judged by what they resolve to, so everything is left to the connector. */
const elsewhere = egressRules({ allowCidrs: ['198.18.5.5/32'], allowHttp: true });

let client: WebhookClient;
let downloader: DocumentDownloader;
let redirecting: DocumentDownloader;
let redirector: RawReceiver;
let location = '';

beforeAll(async () => {
  const answers: Record<string, string[][]> = {};
  for (const { url, resolvesTo } of rows) if (resolvesTo) answers[new URL(url).hostname] = [resolvesTo];
  const resolver = new FakeResolver(answers);
  client = new WebhookClient({ rules: strict, resolver });
  downloader = new DocumentDownloader({ rules: strict, resolver, backoffMs: 1 });
  redirector = await RawReceiver.start(
    onRequest((socket) => socket.end(Buffer.from(`HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`, 'latin1'))),
    undefined,
    '127.0.0.2',
  );
  const rules = egressRules({ allowCidrs: ['127.0.0.2/32'], allowHttp: true });
  redirecting = new DocumentDownloader({ rules, resolver, backoffMs: 1 });
});

afterAll(async () => {
  await Promise.all([client.close(), downloader.close(), redirecting.close()]);
  await redirector[Symbol.asyncDispose]();
});

describe.each(rows)('$row', ({ url, spelling, resolvesTo }) => {
  it('is refused at write', () => {
    expect(checkTenantUrl(url, strict)).toMatchObject({ ok: false, message: expect.stringMatching(/^[A-Z"].*\.$/) });
  });

  it('is refused again when a webhook is sent there, before anything else happens', async () => {
    const exchange = await client.send({ url, headers: {}, body: '{}', deadlineMs: 2_000 });
    expect(exchange).toMatchObject({ kind: 'failure', phase: 'before', code: expect.stringMatching(/^(blocked_target|invalid_request)$/) });
  });

  it('is refused again when a document is fetched from there', async () => {
    await expect(downloader.download(url)).rejects.toMatchObject({ code: 'document_blocked', transient: false });
  });

  if (!spelling)
    it('is refused by the connector alone, whatever was written', async () => {
      const target = targetOf(new URL(url));
      const resolver = new FakeResolver(resolvesTo ? { [target.host]: [resolvesTo] } : {});
      for (const rules of [strict, elsewhere])
        await expect(new TenantPolicy(rules, resolver).vet(target)).rejects.toMatchObject({ code: 'blocked_target' });
    });
});

describe('A redirect', () => {
  // a header holds ASCII, and of what is no target a parser makes another one
  const targets = rows.filter(
    ({ url, row }) => /^[\x21-\x7e]+$/.test(url) && !/^(no host|user and password: "https:\/\/@|backslashes: "https:\/\/client)/.test(row),
  );

  it.each(targets)('to $row is refused', async ({ url }) => {
    location = url;
    const outcome = await redirecting.download(redirector.url).catch((error) => error);
    expect(outcome).toMatchObject({ code: 'document_blocked' });
  });
});

describe('A public address beside a special range', () => {
  const families = [
    { ranges: blockedIPv4, number: numberOfIPv4, text: textOfIPv4, last: (1n << 32n) - 1n },
    { ranges: blockedIPv6, number: numberOfIPv6, text: (n: bigint) => `[${textOfIPv6(n)}]`, last: (1n << 128n) - 1n },
  ];
  const beside = families.flatMap(({ ranges, number, text, last }) => {
    const all = ranges.map(([first, end]) => [number(first), number(end)] as const);
    const neighbours = all.flatMap(([first, end]) => [first - 1n, end + 1n]).filter((n) => n >= 0n && n <= last);
    return neighbours.filter((n) => !all.some(([first, end]) => first <= n && n <= end)).map(text);
  });

  it.each(beside)('%s is accepted', (host) => {
    expect(checkTenantUrl(`https://${host}/`, strict)).toMatchObject({ ok: true });
  });
});
