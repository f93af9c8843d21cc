import { useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { announce, useAnnouncement } from '../announce.ts'
import { useFeature } from '../client.ts'
import { formatUnits } from '../format.ts'
import { unitNames } from '../plans/planTerms.ts'

/** A balance that moves is told once it rests: a stream moves it with every section. */
const REST_MS = 700

/** Reads out what those who see the page see: that it changed, what is left, what was refused, and what has ended. */
export function Announcer() {
  const { id, text, urgent } = useAnnouncement()
  usePageAnnounced()
  useBalanceAnnounced('credits')
  useBalanceAnnounced('messages')
  return (
    <div className="sr-only" data-testid="announcements">
      {/* There before there is anything to say: what comes along with its words is passed over by some screen readers. */}
      <p role="status">{!urgent && <span key={id}>{text}</span>}</p>
      <p role="alert">{urgent && <span key={id}>{text}</span>}</p>
    </div>
  )
}

/** Tells the new page's name, and sets the focus on the page when what had it is gone. */
function usePageAnnounced(): void {
  const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname })
  const told = useRef(path)
  useEffect(() => {
    if (told.current === path) return
    const isFirst = told.current === undefined
    told.current = path
    if (isFirst) return
    announce(document.querySelector('h1')?.textContent ?? '')
    if (document.activeElement === document.body) document.getElementById('page')?.focus()
  }, [path])
}

function useBalanceAnnounced(featureId: 'credits' | 'messages'): void {
  const { balance } = useFeature(featureId)
  const told = useRef(balance)
  useEffect(() => {
    if (balance === undefined || balance === told.current) return
    const isFirst = told.current === undefined
    const rest = setTimeout(
      () => {
        told.current = balance
        if (!isFirst) announce(leftText(featureId, balance))
      },
      isFirst ? 0 : REST_MS,
    )
    return () => clearTimeout(rest)
  }, [balance, featureId])
}

function leftText(featureId: 'credits' | 'messages', balance: number | 'unlimited'): string {
  const names = unitNames(featureId)
  return balance === 'unlimited' ? `${names.plural} without limit` : `${formatUnits(balance, names)} left`
}
