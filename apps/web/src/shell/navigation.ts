import { ChartNoAxesColumn, Code, Download, Image, type LucideIcon, NotebookPen, Scissors, Tags, UsersRound } from 'lucide-react'

export interface NavigationItem {
  readonly to: '/images' | '/briefs' | '/summaries' | '/api' | '/export' | '/usage' | '/plans' | '/team'
  readonly label: string
  readonly icon: LucideIcon
}

/** The pages, in two groups. */
export const navigation: readonly { readonly label: string; readonly items: readonly NavigationItem[] }[] = [
  {
    label: 'Studio',
    items: [
      { to: '/images', label: 'Images', icon: Image },
      { to: '/briefs', label: 'Briefings', icon: NotebookPen },
      { to: '/summaries', label: 'Summaries', icon: Scissors },
      { to: '/api', label: 'API', icon: Code },
      { to: '/export', label: 'Export', icon: Download },
    ],
  },
  {
    label: 'Organisation',
    items: [
      { to: '/usage', label: 'Usage', icon: ChartNoAxesColumn },
      { to: '/plans', label: 'Plans', icon: Tags },
      { to: '/team', label: 'Team', icon: UsersRound },
    ],
  },
]
