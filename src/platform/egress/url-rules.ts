import { isIP } from 'node:net';
import { judgeAddress } from './address-rules.js';
import { isPrivateName, isResolvableName } from './name-rules.js';
import { isForbiddenPort } from './port-rules.js';
import type { EgressRules } from './rules.js';

export type UrlVerdict = { readonly ok: true; readonly url: URL } | UrlRefusal;

export interface UrlRefusal {
  readonly ok: false;
  readonly code: UrlRefusalCode;
  /** A sentence for the caller; it names the setting that lifts the rule, where one does. */
  readonly message: string;
}

export type UrlRefusalCode =
  | 'url_invalid'
  | 'url_too_long'
  | 'url_scheme_forbidden'
  | 'url_credentials_forbidden'
  | 'url_port_forbidden'
  | 'url_host_forbidden'
  | 'url_address_forbidden';

export const maxUrlLength = 2_048;

/** Control and invisible characters, every kind of space, lone surrogates, backslash: URL parsers drop or reinterpret them silently. */
const treacherous = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}\\]/u;

/**
 * Judges a URL that a tenant wrote, before it is stored. Pure: no name is resolved. When CIDRs are allowed, a name's and a port's
 * rules depend on what it resolves to and are left to the connector, which applies everything again at every connect.
 * The returned URL is without fragment: a fragment is never sent.
 */
export function checkTenantUrl(raw: string, rules: EgressRules): UrlVerdict {
  return checkSpelling(raw) ?? checkParsed(raw, rules);
}

function checkSpelling(raw: string): UrlRefusal | null {
  if (raw.length > maxUrlLength) return refuse('url_too_long', `The URL is longer than ${maxUrlLength} characters.`);
  if (treacherous.test(raw)) {
    return refuse('url_invalid', 'The URL contains a space, a backslash or a control character; percent-encode it.');
  }
  const [, scheme, authority] = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?/i.exec(raw) ?? [];
  if (scheme === undefined) return refuse('url_invalid', 'The URL is not absolute; it starts with https://.');
  if (!/^https?$/i.test(scheme)) return refuse('url_scheme_forbidden', 'The URL does not start with https://.');
  // Parsers make up missing and surplus slashes (https:host, https:///host).
  if (!authority) return refuse('url_invalid', 'The URL has no host after https://.');
  if (authority.includes('@')) return refuse('url_credentials_forbidden', 'The URL contains a user name or password before the host.');
  return null;
}

function checkParsed(raw: string, rules: EgressRules): UrlVerdict {
  const url = URL.parse(raw);
  if (!url) return refuse('url_invalid', 'The URL cannot be parsed.');
  if (url.hash !== '') url.hash = '';
  return checkTarget(targetOf(url), rules) ?? { ok: true, url };
}

/** Where a URL leads: what the rules judge, at write time and again at every connect. */
export interface Target {
  readonly protocol: string;
  /** Lower case; an IPv6 literal without brackets. */
  readonly host: string;
  readonly port: number;
}

export function targetOf(url: URL): Target {
  const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
  return { protocol: url.protocol, host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/** All that can be said without resolving a name. */
export function checkTarget(target: Target, rules: EgressRules): UrlRefusal | null {
  return checkScheme(target, rules) ?? checkHost(target, rules);
}

function checkScheme(target: Target, rules: EgressRules): UrlRefusal | null {
  if (target.protocol === 'https:' || rules.allowHttp) return null;
  return refuse('url_scheme_forbidden', 'Plain http:// is not allowed; use https:// (POSTBACK_EGRESS_ALLOW_HTTP lifts this).');
}

function checkHost(target: Target, rules: EgressRules): UrlRefusal | null {
  if (isIP(target.host)) return checkAddresses(target, [target.host], rules);
  const malformed = checkName(target.host);
  if (malformed) return malformed;
  const judgedAtConnect = rules.allowCidrs.length > 0;
  return judgedAtConnect ? null : (checkPrivateName(target) ?? checkPort(target));
}

/** What is wrong with a name itself: no setting lifts it. */
function checkName(host: string): UrlRefusal | null {
  if (host.endsWith('.')) return refuse('url_host_forbidden', 'The host name ends with a dot; write it without.');
  return isResolvableName(host) ? null : refuse('url_host_forbidden', 'The host is not a name that DNS can resolve.');
}

/** Judges what a target's host is or resolved to. A range in `allowCidrs` lifts name, port and address rules when all addresses lie in it. */
export function checkAddresses(target: Target, addresses: readonly string[], rules: EgressRules): UrlRefusal | null {
  const verdicts = addresses.map((address) => judgeAddress(address, rules.allowCidrs));
  if (verdicts.length > 0 && verdicts.every((verdict) => verdict === 'allowed')) return null;
  if (verdicts.length === 0 || verdicts.includes('blocked')) return refuseAddress(target);
  return (isIP(target.host) ? null : checkPrivateName(target)) ?? checkPort(target);
}

function checkPrivateName(target: Target): UrlRefusal | null {
  if (!isPrivateName(target.host)) return null;
  return refuse('url_host_forbidden', `"${target.host}" is not a public host name (${liftedBy}).`);
}

function checkPort(target: Target): UrlRefusal | null {
  if (!isForbiddenPort(target.port)) return null;
  return refuse('url_port_forbidden', `Port ${target.port} is not one for web servers (${liftedBy}).`);
}

/** Says nothing of what a name resolved to: that could be a map of the network inside. */
function refuseAddress(target: Target): UrlRefusal {
  const subject = isIP(target.host) ? `The address ${target.host}` : `An address of "${target.host}"`;
  return refuse('url_address_forbidden', `${subject} is not a public one (${liftedBy}).`);
}

const liftedBy = 'POSTBACK_EGRESS_ALLOW_CIDRS lifts this for addresses it contains';

function refuse(code: UrlRefusalCode, message: string): UrlRefusal {
  return { ok: false, code, message };
}
