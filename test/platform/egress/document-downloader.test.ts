import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DocumentDownloader, type DocumentDownloaderOptions } from '../../../src/platform/egress/document-downloader.js';
import { DownloadError, type DownloadOptions } from '../../../src/platform/egress/download.js';
import { egressRules } from '../../../src/platform/egress/rules.js';
import { FakeResolver } from './support/fake-resolver.js';
import { answer, ok, onRequest, RawReceiver, repeat } from './support/raw-receiver.js';

const rules = egressRules({ allowCidrs: ['127.0.0.0/8'], allowHttp: true });

const open: DocumentDownloader[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((downloader) => downloader.close()));
});

function downloaderWith(options: Partial<DocumentDownloaderOptions> = {}): DocumentDownloader {
  const downloader = new DocumentDownloader({ rules, backoffMs: 1, deadlineMs: 2_000, ...options });
  open.push(downloader);
  return downloader;
}

async function failureOf(url: string, options?: DownloadOptions, downloader = downloaderWith()): Promise<DownloadError> {
  const error = await downloader.download(url, options).then(
    () => new Error('the download succeeded'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(DownloadError);
  return error;
}

/** One answer for each request in turn, each on its own connection. */
function inTurn(...answers: (string | Buffer)[]) {
  let asked = 0;
  return onRequest((socket) => {
    socket.end(answers[Math.min(asked, answers.length - 1)]!);
    asked += 1;
  });
}

const redirect = (location: string) => `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`;
const status = (code: number) => `HTTP/1.1 ${code} X\r\ncontent-length: 0\r\n\r\n`;

describe('A document', () => {
  it('is returned with its bytes, its type and where it was found', async () => {
    await using server = await RawReceiver.start(answer(ok(Buffer.from([0x25, 0x50, 0, 0xff]), 'content-type: application/pdf\r\n')));
    const document = await downloaderWith().download(`${server.url}?a=b#page=3`);
    expect(document).toEqual({ bytes: Buffer.from([0x25, 0x50, 0, 0xff]), url: `${server.url}?a=b`, contentType: 'application/pdf' });
  });

  it('may come compressed', async () => {
    await using server = await RawReceiver.start(answer(ok(gzipSync('text'), 'content-encoding: gzip\r\n')));
    expect(await downloaderWith().download(server.url)).toMatchObject({ bytes: Buffer.from('text'), contentType: null });
  });

  it('is followed through three redirects', async () => {
    await using server = await RawReceiver.start(inTurn(redirect('/b'), redirect('c?x=1'), redirect('/d'), ok('found')));
    const { bytes, url } = await downloaderWith().download(server.url);
    expect([bytes.toString(), new URL(url).pathname]).toEqual(['found', '/d']);
  });

  it('that redirects once more, or in a circle, is given up', async () => {
    await using server = await RawReceiver.start(inTurn(redirect('/hook')));
    expect(await failureOf(server.url)).toMatchObject({ code: 'document_http_error', transient: false });
    expect(server.connections).toBe(4);
  });

  it('is asked for again after a 500, a 429 or a broken connection', async () => {
    await using server = await RawReceiver.start(inTurn(status(500), status(429), ok('third time lucky')));
    expect((await downloaderWith().download(server.url)).bytes.toString()).toBe('third time lucky');
    await using breaking = await RawReceiver.start(inTurn('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', ok('whole')));
    expect((await downloaderWith().download(breaking.url)).bytes.toString()).toBe('whole');
  });

  it('is given up after the third 500', async () => {
    await using server = await RawReceiver.start(inTurn(status(500)));
    expect(await failureOf(server.url)).toMatchObject({
      code: 'document_http_error',
      transient: true,
      message: "The document's server answered with status 500.",
    });
    expect(server.connections).toBe(3);
  });

  it('that is not there is not asked for again', async () => {
    await using server = await RawReceiver.start(inTurn(status(404)));
    expect(await failureOf(server.url)).toMatchObject({ code: 'document_http_error', transient: false });
    expect(server.connections).toBe(1);
  });

  it('of a server that is not there is unreachable', async () => {
    const server = await RawReceiver.start(() => {});
    const { url } = server;
    await server[Symbol.asyncDispose]();
    expect(await failureOf(url)).toMatchObject({ code: 'document_unreachable', transient: true });
    const nowhere = downloaderWith({ resolver: new FakeResolver({}) });
    expect(await failureOf('http://nowhere.example/', {}, nowhere)).toMatchObject({ code: 'document_unreachable', transient: false });
  });
});

describe('A forbidden document', () => {
  it('is refused before anything is sent', async () => {
    await using server = await RawReceiver.start(answer(ok('secret')));
    const downloader = downloaderWith({ rules: egressRules({ allowCidrs: [], allowHttp: true }) });
    const error = await failureOf(server.url, {}, downloader);
    expect(error).toMatchObject({
      code: 'document_blocked',
      transient: false,
      message: expect.stringContaining('POSTBACK_EGRESS_ALLOW_CIDRS'),
    });
    expect(server.connections).toBe(0);
  });

  it.each([
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/',
    'http:\\\\10.0.0.1',
    '//[::1]/',
    'http://user:pass@8.8.8.8/',
    'file:///etc/passwd',
    'http://8.8.8.8:22/',
  ])('is refused behind a redirect to %s', async (location) => {
    await using server = await RawReceiver.start(inTurn(redirect(location)));
    expect(await failureOf(server.url)).toMatchObject({ code: 'document_blocked' });
  });

  it('is refused behind a redirect to a name with a private address', async () => {
    const resolver = new FakeResolver({ 'inside.example': [['10.0.0.1']] });
    await using server = await RawReceiver.start(inTurn(redirect('http://inside.example/')));
    const error = await failureOf(server.url, {}, downloaderWith({ resolver }));
    expect(error).toMatchObject({ code: 'document_blocked', transient: false });
    expect(error.message).not.toContain('10.0.0.1');
  });
});

describe('A document that is too large', () => {
  it('is refused by its length, without a body being read', async () => {
    await using server = await RawReceiver.start(answer('HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n'));
    expect(await failureOf(server.url)).toMatchObject({ code: 'document_too_large', transient: false });
    await server.deserted();
  });

  it('is refused when it goes on without having said a length', async () => {
    const script = onRequest((socket) => {
      const chunk = Buffer.alloc(65_536, 'e');
      const pump = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.on('drain', pump);
      pump();
    });
    await using server = await RawReceiver.start(script);
    expect(await failureOf(server.url, { maxBytes: 1_000_000 })).toMatchObject({ code: 'document_too_large' });
    await server.deserted();
  });

  it('is refused when it inflates: a gzip bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    await using server = await RawReceiver.start(answer(ok(bomb, 'content-encoding: gzip\r\n')));
    expect(await failureOf(server.url, { maxBytes: 1_000_000 })).toMatchObject({ code: 'document_too_large' });
  });

  it('is accepted at exactly the limit', async () => {
    await using server = await RawReceiver.start(answer(ok('x'.repeat(1_000))));
    expect((await downloaderWith().download(server.url, { maxBytes: 1_000 })).bytes).toHaveLength(1_000);
    expect(await failureOf(server.url, { maxBytes: 999 })).toMatchObject({ code: 'document_too_large' });
  });
});

describe('A document that does not come', () => {
  it.each([
    ['nothing is answered', ''],
    ['a byte comes now and then', 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n'],
    ['103 comes for ever', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('ends at the deadline when %s', async (_name, bytes) => {
    const script = onRequest((socket) => {
      socket.write(bytes);
      repeat(socket, bytes.includes('103') ? bytes : bytes && 'z', 20);
    });
    await using server = await RawReceiver.start(script);
    expect(await failureOf(server.url, { deadlineMs: 200 })).toMatchObject({ code: 'document_timeout' });
    await server.deserted();
  });

  it('ends at the deadline while its name is being resolved', async () => {
    const downloader = downloaderWith({ resolver: { resolve: () => new Promise(() => {}) } });
    expect(await failureOf('http://silent.example/', { deadlineMs: 100 }, downloader)).toMatchObject({ code: 'document_timeout' });
  });

  it("ends when the caller aborts, with the caller's reason", async () => {
    const controller = new AbortController();
    const reason = new Error('canceled');
    await using server = await RawReceiver.start(onRequest(() => controller.abort(reason)));
    await expect(downloaderWith().download(server.url, { signal: controller.signal })).rejects.toBe(reason);
    await expect(downloaderWith().download(server.url, { signal: controller.signal })).rejects.toBe(reason);
    await server.deserted();
  });

  it('ends when the downloader is closed', async () => {
    const downloader = downloaderWith();
    await using server = await RawReceiver.start(onRequest(() => void downloader.close()));
    expect(await failureOf(server.url, {}, downloader)).toMatchObject({ code: 'document_unreachable', transient: true });
  });
});

describe('A broken encoding', () => {
  it('is unreachable when it lies and refused when it is unknown', async () => {
    await using lying = await RawReceiver.start(inTurn(ok('plain', 'content-encoding: gzip\r\n')));
    expect(await failureOf(lying.url)).toMatchObject({ code: 'document_unreachable' });
    await using unknown = await RawReceiver.start(inTurn(ok('plain', 'content-encoding: rot13\r\n')));
    expect(await failureOf(unknown.url)).toMatchObject({ code: 'document_http_error', transient: false });
  });
});
