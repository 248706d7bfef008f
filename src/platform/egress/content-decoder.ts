import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

/**
 * What undoes a `content-encoding`. For the `start` of a body a cut is no error: the decoder gives what it has.
 * Whoever reads from it counts: what comes out may be a thousand times what went in.
 */
export function contentDecoder(encoding: string | undefined, of: 'start' | 'whole'): Transform | 'identity' | 'unknown' {
  const zlib = of === 'start' ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
  switch (encoding?.trim().toLowerCase() || 'identity') {
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return createGunzip(zlib);
    case 'deflate':
      return createInflate(zlib);
    case 'br':
      return createBrotliDecompress(of === 'start' ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {});
    case 'zstd':
      return createZstdDecompress(of === 'start' ? { finishFlush: constants.ZSTD_e_flush } : {});
    default:
      // Also lists such as "gzip, gzip": nobody honest sends them.
      return 'unknown';
  }
}
