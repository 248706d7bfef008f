import { blockedIPv4, blockedIPv6 } from './special-ranges.js';

export interface HostileUrl {
  /** What is tried, in words. */
  row: string;
  url: string;
  /** What is wrong shows in the URL's spelling, and no target is left of it to connect to. */
  spelling?: true;
  /** What is wrong is the name; a name server that is asked about it answers with this. */
  resolvesTo?: string[];
}

const literal = (row: string, hosts: readonly string[], port: number): HostileUrl[] =>
  hosts.map((host) => ({ row: `${row}: ${host}`, url: `https://${host}:${port}/hook` }));
const name = (row: string, hosts: readonly string[]): HostileUrl[] =>
  hosts.map((host) => ({ row: `${row}: ${host}`, url: `https://${host}/hook`, resolvesTo: ['93.184.216.34'] }));
const spelling = (row: string, urls: readonly string[]): HostileUrl[] =>
  urls.map((url) => ({ row: `${row}: ${JSON.stringify(url.length > 80 ? `${url.slice(0, 80)}…` : url)}`, url, spelling: true }));

/** URLs that no tenant may use. Where a host may have any port it has `port`, so that one who listens there hears of a leak. */
export function hostileUrls(port: number): HostileUrl[] {
  return [
    ...literal('loopback', loopback, port),
    ...literal(
      'first address of a special range',
      blockedIPv4.map(([first]) => first),
      port,
    ),
    ...literal(
      'last address of a special range',
      blockedIPv4.map(([, last]) => last),
      port,
    ),
    ...literal(
      'first address of a closed IPv6 range',
      blockedIPv6.map(([first]) => `[${first}]`),
      port,
    ),
    ...literal(
      'last address of a closed IPv6 range',
      blockedIPv6.map(([, last]) => `[${last}]`),
      port,
    ),
    ...literal('metadata address', ['169.254.169.254', '[fd00:ec2::254]', '100.100.100.200', '168.63.129.16', '169.254.170.2'], port),
    ...name('metadata name', ['metadata.google.internal', 'metadata', 'metadata.tencentyun.com', 'instance-data']),
    ...literal('localhost', ['localhost', 'LOCALHOST', 'ｌｏｃａｌｈｏｓｔ', 'ⅼocalhost', 'hooks.localhost', 'hooks。localhost'], port),
    ...spelling('localhost with a dot', ['https://localhost./', 'https://hooks.localhost./', 'https://client.example.com./']),
    ...name('private suffix', ['db.internal', 'printer.local', 'api.default.svc', 'box.home.arpa', 'files.corp', 'nas.lan']),
    ...name('single label', ['intranet', 'postgres', 'com']),
    ...spelling('user and password', [
      'https://user:pass@client.example.com/',
      'https://client.example.com@127.0.0.1/',
      'https://@client.example.com/',
    ]),
    ...spelling('backslashes', ['http:\\\\127.0.0.1', 'https:\\\\127.0.0.1\\hook', 'https://client.example.com\\@127.0.0.1/']),
    ...spelling('other scheme', [
      'ftp://client.example.com/',
      'file:///etc/passwd',
      'gopher://127.0.0.1:6379/_x',
      'javascript:alert(1)',
      'data:text/plain,x',
      'ws://client.example.com/',
      'unix:/var/run/docker.sock',
    ]),
    ...[22, 25, 53, 110, 143, 445, 587, 2375, 3306, 5432, 6379, 6667, 9200, 11211, 27017].map((forbidden) => ({
      row: `forbidden port: ${forbidden}`,
      url: `https://client.example.com:${forbidden}/`,
      resolvesTo: ['93.184.216.34'],
    })),
    ...spelling('control characters and spaces', treacherous),
    ...spelling('name that DNS cannot hold', [
      `https://${'a'.repeat(64)}.example/`,
      `https://${'a.'.repeat(130)}example/`,
      `https://${'ü'.repeat(60)}.example/`,
      'https://a..b.example/',
      'https://exa$mple.com/',
    ]),
    ...spelling('too long', [`https://client.example.com/${'x'.repeat(2_048)}`]),
    ...spelling('no host', ['https:///hook', 'https://', 'https:hook', '//client.example.com/', '/hook', 'hook']),
  ];
}

const loopback = [
  '127.1',
  '127.0.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '0',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[::5efe:7f00:1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
];

const treacherous = [
  ' https://client.example.com/',
  'https://client.example.com/ ',
  'https://client.example.com/a b',
  'https://client.exa\tmple.com/',
  'https://client.exa\nmple.com/',
  'https://client.example.com/\r\nx-injected: 1',
  'https://client.example.com/\u007f',
  'https://client.example.com/\u0085',
  'https://client.example.com/\u00a0',
  'https://client.exam\u00adple.com/',
  'https://client.example.com/\u200b',
  'https://client.example.com/\u202e',
  'https://client.example.com/\ufeff',
  'https://client.example.com/\u2028',
];
