/** What an alert may show of a URL: paths and queries may carry the caller's tokens, and an alert is read in chat rooms. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host || 'an unreadable URL';
}
