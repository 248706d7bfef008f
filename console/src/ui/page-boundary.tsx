import { Component, type ReactNode } from 'react';
import { Failed } from './show';

/**
 * A page that cannot be shown leaves the rest as it is. Its code is fetched when one goes there: the service may be away just then, or be
 * of another version by now, whose pages have other names. Both are mended by loading the console anew. `key` it by the address.
 */
export class PageBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Failed
        error={new Error('This page could not be loaded. The service may be away, or was updated since the console was opened.')}
        again={() => window.location.reload()}
      />
    );
  }
}
