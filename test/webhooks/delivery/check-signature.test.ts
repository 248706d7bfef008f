import { describe, expect, it } from '@jest/globals';
import { checkSignature } from '../../../src/webhooks/delivery/check-signature.js';
import { signingKey } from '../../../src/webhooks/delivery/sign.js';

const EVENT = '01890a5d-ac96-774b-bcce-b302099a8057';
const NOW = Date.now();

describe('the check of a signature', () => {
  it.each(['my-client-super-secret-key', 'with spaces and ünïcode €', `whsec_${Buffer.alloc(24, 7).toString('base64')}`])(
    'finds that a receiver with the secret %s accepts the body',
    (secret) => {
      const body = '{"result":"ü €"}';
      expect(checkSignature([signingKey(secret)], EVENT, body, NOW)).toMatchObject({ valid: true, secrets: 1, problem: null });
      expect(checkSignature([signingKey(secret), signingKey('the former secret')], EVENT, body, NOW)).toMatchObject({
        valid: true,
        secrets: 2,
      });
    },
  );

  it('says why there is nothing to check', () => {
    expect(checkSignature(['unreadable'], EVENT, '{}', NOW)).toMatchObject({ valid: false, problem: 'secret_unreadable' });
    expect(checkSignature([], EVENT, '{}', NOW)).toMatchObject({ valid: false, problem: 'secret_missing' });
    expect(checkSignature([signingKey('a secret')], EVENT, null, NOW)).toMatchObject({ valid: false, secrets: 1, problem: 'body_purged' });
  });
});
