import { focusManager, onlineManager } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ConnectionObserver, keepOpen } from './keepOpen.ts'

describe('a connection that is kept open', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
    focusManager.setFocused(undefined)
    onlineManager.setOnline(true)
  })

  function keep() {
    const connections: (ConnectionObserver & { isOpen: boolean })[] = []
    const stop = keepOpen((on) => {
      const connection = { ...on, isOpen: true }
      connections.push(connection)
      return {
        unsubscribe() {
          connection.isOpen = false
        },
      }
    })
    onTestFinished(stop)
    return { connections, stop, open: () => connections.filter(({ isOpen }) => isOpen).length }
  }

  it('is opened again when it is lost, ever more rarely while that fails', () => {
    const { connections } = keep()
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const before = Date.now()
      const { length } = connections
      connections.at(-1)?.onLost()
      while (connections.length === length) vi.advanceTimersByTime(100)
      waits.push(Date.now() - before)
    }
    for (const [index, wait] of waits.entries()) {
      const longest = Math.min(30_000, 1_000 * 2 ** index)
      expect(wait).toBeGreaterThanOrEqual(longest / 2)
      expect(wait).toBeLessThanOrEqual(longest + 100)
    }
  })

  it('begins with short waits again after something was heard', () => {
    const { connections } = keep()
    for (let attempt = 0; attempt < 5; attempt += 1) {
      connections.at(-1)?.onLost()
      vi.advanceTimersByTime(30_000)
    }
    const { length } = connections
    connections.at(-1)?.onHeard()
    connections.at(-1)?.onLost()
    vi.advanceTimersByTime(1_000)
    expect(connections).toHaveLength(length + 1)
  })

  it('is let go while the page is hidden or offline', () => {
    const { open } = keep()
    focusManager.setFocused(false)
    expect(open()).toBe(0)
    focusManager.setFocused(true)
    expect(open()).toBe(1)
    onlineManager.setOnline(false)
    expect(open()).toBe(0)
    onlineManager.setOnline(true)
    expect(open()).toBe(1)
  })

  it('is not opened in a page that is hidden from the start', () => {
    focusManager.setFocused(false)
    expect(keep().connections).toHaveLength(0)
  })

  it('is opened anew when it was silent for too long, as after a sleep', () => {
    const { connections, open } = keep()
    vi.advanceTimersByTime(40_000)
    connections[0]?.onHeard()
    vi.advanceTimersByTime(55_000)
    expect(connections).toHaveLength(1)
    vi.advanceTimersByTime(20_000)
    expect(connections).toHaveLength(2)
    expect(open()).toBe(1)
  })

  it('is told once to be lost, and not after it was left', () => {
    const { connections, stop } = keep()
    connections[0]?.onLost()
    connections[0]?.onLost()
    vi.advanceTimersByTime(1_000)
    expect(connections).toHaveLength(2)
    stop()
    connections[1]?.onLost()
    vi.advanceTimersByTime(120_000)
    expect(connections).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })
})
