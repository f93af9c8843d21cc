export const menuPopupLook =
  'min-w-[max(15rem,var(--anchor-width))] max-w-[calc(100vw-2rem)] rounded-xl border border-line bg-surface p-1 shadow-card outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0'

export const menuItemLook =
  'flex min-h-9 cursor-default items-center gap-3 rounded-lg px-2.5 py-1.5 outline-none select-none data-highlighted:bg-sunken'
