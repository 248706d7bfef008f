import { describe, expect, it } from '@jest/globals';
import { assertSafeTlsEnvironment } from '../../../src/platform/egress/tls-environment.js';

describe('The environment', () => {
  it('is refused when it turns off certificate checks', () => {
    expect(() => assertSafeTlsEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 turns off certificate checks',
    );
  });

  it('is accepted otherwise: Node takes only 0 for off', () => {
    for (const value of [undefined, '', '1', 'false']) {
      expect(() => assertSafeTlsEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: value })).not.toThrow();
    }
  });
});
