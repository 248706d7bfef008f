import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EgressOptions, egressRules } from '../../../src/platform/egress/rules.js';
import { checkTenantUrl, type UrlRefusalCode } from '../../../src/platform/egress/url-rules.js';

function check(raw: string, options: Partial<EgressOptions> = {}) {
  return checkTenantUrl(raw, egressRules({ allowCidrs: [], allowHttp: false, ...options }));
}

function codeOf(raw: string, options: Partial<EgressOptions> = {}): UrlRefusalCode | 'ok' {
  const verdict = check(raw, options);
  return verdict.ok ? 'ok' : verdict.code;
}

const loopback = { allowCidrs: ['127.0.0.0/8'], allowHttp: true };

describe('A URL that a tenant may use', () => {
  it.each([
    'https://example.com',
    'https://example.com/a/b?c=d&e=%20',
    'HTTPS://EXAMPLE.COM/',
    'https://example.com:8443/hook',
    'https://hooks.example.co.uk:3000/',
    'https://under_score.example.com/',
    'https://8.8.8.8/hook',
    'https://[2606:4700:4700::1111]/hook',
    'https://1.1.1.1:8080/',
    'https://xn--bcher-kva.example/',
    `https://example.com/${'a'.repeat(2_048 - 'https://example.com/'.length)}`,
  ])('%s', (raw) => {
    expect(codeOf(raw)).toBe('ok');
  });

  it('comes back without its fragment, which is never sent', () => {
    expect(check('https://example.com/a?b#c')).toMatchObject({ url: new URL('https://example.com/a?b') });
  });

  it('may have a name in any script, and is called by its ASCII form', () => {
    expect(check('https://bücher.example/ü')).toMatchObject({ ok: true, url: { hostname: 'xn--bcher-kva.example' } });
  });
});

describe('A URL with loopback in disguise', () => {
  it.each([
    '127.1',
    '127.0.0.1',
    '127.0.0.1.',
    '2130706433',
    '0x7f000001',
    '0x7F.1',
    '0177.0.0.1',
    '017700000001',
    '①②⑦.⓪.⓪.①',
    '１２７.０.０.１',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '0',
    '0.0.0.0',
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[::5efe:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '169.254.169.254',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '168.63.129.16',
    '10.0.0.1',
    '192.168.0.1',
    '255.255.255.255',
  ])('https://%s is refused', (host) => {
    expect(codeOf(`https://${host}/`)).toBe('url_address_forbidden');
  });

  it.each(['127.1', '2130706433', '0x7f000001', '0177.0.0.1', '①②⑦.⓪.⓪.①', '[::ffff:127.0.0.1]', '127.0.0.1:6379'])(
    'http://%s is accepted when its range is allowed',
    (host) => {
      expect(codeOf(`http://${host}/`, loopback)).toBe('ok');
    },
  );
});

describe('A URL with a private name', () => {
  const names = [
    'localhost',
    'LOCALHOST',
    'foo.localhost',
    'db.internal',
    'metadata.google.internal',
    'printer.local',
    'intranet',
    'metadata',
    'kubernetes.default.svc',
    'api.default.svc.cluster.local',
    'box.home.arpa',
    'metadata.tencentyun.com',
  ];

  it.each(names)('https://%s is refused', (name) => {
    expect(codeOf(`https://${name}/`)).toBe('url_host_forbidden');
  });

  it.each(names)('https://%s is left to the connector when ranges are allowed, since only its address can tell', (name) => {
    expect(codeOf(`https://${name}/`, loopback)).toBe('ok');
  });

  it.each([
    'localhost.',
    'example.com.',
    'example.com..',
    'a..b',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(127)}example`,
    'exa$mple.com',
    "exam'ple.com",
  ])('https://%s is refused whatever is allowed', (name) => {
    expect(['url_host_forbidden', 'url_invalid']).toContain(codeOf(`https://${name}/`));
    expect(['url_host_forbidden', 'url_invalid']).toContain(codeOf(`https://${name}/`, loopback));
  });

  it('is not confused with a public name that contains the word', () => {
    expect(codeOf('https://localhost.example.com/')).toBe('ok');
    expect(codeOf('https://notlocal/')).toBe('url_host_forbidden');
    expect(codeOf('https://my-internal.example/')).toBe('ok');
  });
});

describe('A URL with a port of another protocol', () => {
  it.each([22, 23, 25, 53, 110, 143, 445, 465, 587, 1433, 2375, 2379, 3306, 3389, 5432, 6379, 6667, 9200, 10250, 11211, 27017])(
    '%i is refused',
    (port) => {
      expect(codeOf(`https://example.com:${port}/`)).toBe('url_port_forbidden');
      expect(codeOf(`https://8.8.8.8:${port}/`, loopback)).toBe('url_port_forbidden');
    },
  );

  it.each([80, 443, 3000, 4000, 8000, 8080, 8443, 9000, 65535])('%i is accepted', (port) => {
    expect(codeOf(`https://example.com:${port}/`)).toBe('ok');
  });

  it.each(['65536', '-1', 'x', '99999'])('%s is no port', (port) => {
    expect(codeOf(`https://example.com:${port}/`)).toBe('url_invalid');
  });
});

describe('A URL that parsers would tidy up', () => {
  it.each([
    ' https://example.com',
    'https://example.com ',
    'https://exa mple.com',
    'https://exa\tmple.com',
    'https://exa\nmple.com',
    'https://example.com/\r\nx: y',
    'https://example.com/\0',
    'https://example.com/\x7f',
    'https://example.com/\u0085',
    'https://example.com/\u00a0',
    'https://local\u00adhost.example/',
    'https://example.com/\u200b',
    'https://example.com/\u202e',
    'https://example.com/\ufeff',
    'https://example.com/\ud800',
    'http:\\\\127.0.0.1',
    'https:\\/example.com',
    'https://example.com\\@evil.example/',
    'https:example.com',
    'https:/example.com',
    'https:///example.com',
    'https://',
    'https://?x',
    '//example.com',
    'example.com',
    '/hook',
    '',
    'https://[::1',
    'https://[fe80::1%25eth0]/',
    'https://1.2.3.4.5/',
    'https://256.1.1.1/',
  ])('%j is refused', (raw) => {
    expect(codeOf(raw)).toBe('url_invalid');
  });

  it('is refused above 2,048 characters, before anything else is looked at', () => {
    expect(codeOf(`https://example.com/${'a'.repeat(2_049 - 'https://example.com/'.length)}`)).toBe('url_too_long');
  });
});

describe('A URL of another kind', () => {
  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'gopher://example.com/',
    'ws://example.com',
    'unix:/var/run/docker.sock',
  ])('%s is refused', (raw) => {
    expect(codeOf(raw, loopback)).toBe('url_scheme_forbidden');
  });

  it('http is refused, and allowed by its own setting alone', () => {
    expect(codeOf('http://example.com/')).toBe('url_scheme_forbidden');
    expect(codeOf('http://example.com/', { allowHttp: true })).toBe('ok');
    expect(codeOf('http://127.0.0.1/', { allowCidrs: ['127.0.0.0/8'] })).toBe('url_scheme_forbidden');
    expect(codeOf('http://127.0.0.1/', { allowHttp: true })).toBe('url_address_forbidden');
  });

  it.each([
    'https://user:pass@example.com/',
    'https://user@example.com/',
    'https://@example.com/',
    'https://:@example.com/',
    'https://example.com@127.0.0.1/',
  ])('%s is refused for its user', (raw) => {
    expect(codeOf(raw, loopback)).toBe('url_credentials_forbidden');
  });

  it('may have an @ after the host', () => {
    expect(codeOf('https://example.com/@me?to=a@b')).toBe('ok');
  });
});

describe('A refusal', () => {
  it('names the setting that lifts it', () => {
    expect(check('http://example.com/')).toMatchObject({ message: expect.stringContaining('POSTBACK_EGRESS_ALLOW_HTTP') });
    for (const raw of ['https://localhost/', 'https://127.0.0.1/', 'https://example.com:22/']) {
      expect(check(raw)).toMatchObject({ message: expect.stringContaining('POSTBACK_EGRESS_ALLOW_CIDRS') });
    }
  });

  it('is a value for any text at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.webUrl(),
          fc.string().map((s) => `https://${s}`),
        ),
        (raw) => typeof check(raw).ok === 'boolean',
      ),
    );
  });

  it('meets every spelling of a private IPv4 address', () => {
    const parts = fc.constantFrom([10, 0], [127, 0], [169, 254], [172, 16], [192, 168]);
    const spelled = (n: number) => fc.constantFrom(`${n}`, `0x${n.toString(16)}`, `0${n.toString(8)}`);
    const host = fc
      .tuple(parts, fc.nat(255), fc.nat(255))
      .chain(([[a, b], c, d]) => fc.tuple(spelled(a!), spelled(b!), spelled(c), spelled(d)))
      .map((labels) => labels.join('.'));
    fc.assert(fc.property(host, (name) => codeOf(`https://${name}/`) === 'url_address_forbidden'));
  });
});
