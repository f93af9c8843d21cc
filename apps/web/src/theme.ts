import { useSyncExternalStore } from 'react'

export type Theme = 'light' | 'dark'

/** The theme that `theme.js` chose before the first paint, until the reader chooses another one. */
export function useTheme(): readonly [theme: Theme, choose: (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, currentTheme, () => 'light'), choose]
}

function currentTheme(): Theme {
  return document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light'
}

function choose(theme: Theme): void {
  localStorage.setItem('theme', theme)
  document.documentElement.dataset['theme'] = theme
}

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const system = matchMedia('(prefers-color-scheme: dark)')
  const follow = () => {
    if (localStorage.getItem('theme') === null) document.documentElement.dataset['theme'] = system.matches ? 'dark' : 'light'
  }
  system.addEventListener('change', follow)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', follow)
  }
}
