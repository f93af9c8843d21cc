/** Stands where a value would be that cannot be read: not a placeholder of one that comes, and no zero. */
export function NotKnown({ className }: { readonly className?: string }) {
  return <p className={`text-muted ${className ?? ''}`}>Not known right now</p>
}
