import { useState } from 'react';

export const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** The system's, or what was chosen in this browser. */
export function useTheme(): [Theme, (next: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => (document.documentElement.dataset.theme as Theme | undefined) ?? 'system');
  const choose = (next: Theme) => {
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    remember(next);
    setTheme(next);
    window.dispatchEvent(new Event('postback:theme'));
  };
  return [theme, choose];
}

function remember(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem('postback.theme');
    else localStorage.setItem('postback.theme', theme);
  } catch {
    // forbidden: it then lasts until the page is left
  }
}
