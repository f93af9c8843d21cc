import { Download, Image as ImageIcon } from 'lucide-react'
import { EmptyState } from '../components/EmptyState.tsx'
import { Skeleton } from '../components/Skeleton.tsx'

export interface GalleryImage {
  readonly id: string
  readonly title: string
  readonly madeBy: string
  readonly url: string
}

export interface ImageGalleryProps {
  /** Undefined: still loading. */
  readonly images: readonly GalleryImage[] | undefined
  /** Pictures that are being painted. */
  readonly awaited: number
}

const grid = 'grid grid-cols-2 gap-3 sm:grid-cols-3 2xl:grid-cols-4'

/** The newest pictures; those to come hold their places. */
export function ImageGallery({ images, awaited }: ImageGalleryProps) {
  if (images?.length === 0 && awaited === 0)
    return (
      <EmptyState icon={ImageIcon} title="No pictures yet">
        Write what you want to see and generate a few. They are kept here for the whole organisation.
      </EmptyState>
    )
  return (
    <ul className={grid} aria-label="Images" aria-busy={awaited > 0}>
      {Array.from({ length: images === undefined ? 6 : awaited }, (_, index) => (
        // Places have no identity of their own.
        <li key={index}>
          <Skeleton className="aspect-square rounded-xl" />
        </li>
      ))}
      {images?.map(({ id, title, madeBy, url }) => (
        <li key={id} className="group relative overflow-hidden rounded-xl bg-sunken">
          <img src={url} alt={`${title}, by ${madeBy}`} width={640} height={640} className="aspect-square w-full" />
          <div className="absolute inset-x-0 bottom-0 flex items-end justify-between gap-2 bg-linear-to-t from-[#1d1a16]/80 p-3 pt-10 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
            <p className="min-w-0 truncate font-medium text-caption text-white" aria-hidden="true">
              {title}
            </p>
            <a
              href={url}
              download={`${title}.svg`}
              aria-label={`Download ${title}`}
              className="grid size-8 shrink-0 place-items-center rounded-lg bg-white/20 text-white hover:bg-white/35"
            >
              <Download aria-hidden="true" className="size-4" />
            </a>
          </div>
        </li>
      ))}
    </ul>
  )
}
