/** Holds the place of what is still loading. Give it the height of what comes. */
export function Skeleton({ className }: { readonly className: string }) {
  return <div aria-hidden="true" className={`animate-pulse rounded-lg bg-line/60 ${className}`} />
}
