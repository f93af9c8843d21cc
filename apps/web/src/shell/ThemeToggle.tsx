import { Moon, Sun } from 'lucide-react'
import { useTheme } from '../theme.ts'

export function ThemeToggle() {
  const [theme, choose] = useTheme()
  const next = theme === 'dark' ? 'light' : 'dark'
  const Icon = theme === 'dark' ? Sun : Moon
  return (
    <button
      type="button"
      onClick={() => choose(next)}
      aria-label={`Use the ${next} theme`}
      className="grid size-9 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink"
    >
      <Icon aria-hidden="true" className="size-4" />
    </button>
  )
}
