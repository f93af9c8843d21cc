/** The product's mark: a halftone, large dots to small. */
export function Brand({ className }: { readonly className?: string }) {
  return (
    <span className={`inline-flex items-center gap-2.5 font-semibold text-lead tracking-tight ${className ?? ''}`}>
      <svg aria-hidden="true" viewBox="0 0 24 24" className="size-6 text-accent" fill="currentColor">
        <circle cx="6" cy="6" r="4.2" />
        <circle cx="17" cy="6" r="3.2" />
        <circle cx="6" cy="17" r="3.2" />
        <circle cx="17" cy="17" r="2" />
      </svg>
      Halftone
    </span>
  )
}
