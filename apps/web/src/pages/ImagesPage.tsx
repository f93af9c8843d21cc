import { useMutation, useQuery } from '@tanstack/react-query'
import { announce } from '../announce.ts'
import { queryClient, trpc } from '../client.ts'
import { Card } from '../components/Card.tsx'
import { Notice } from '../components/Notice.tsx'
import { PageHeader } from '../components/PageHeader.tsx'
import { formatUnits } from '../format.ts'
import { messageOf } from '../messageOf.ts'
import { unitNames } from '../plans/planTerms.ts'
import { ImageForm } from '../studio/ImageForm.tsx'
import { ImageGallery } from '../studio/ImageGallery.tsx'

/** Pictures, paid from the pool of credits. */
export function ImagesPage() {
  const list = useQuery(trpc.images.list.queryOptions())
  const generate = useMutation(
    trpc.images.generate.mutationOptions({
      onSuccess: (images) => {
        announce(`Ready: ${formatUnits(images.length, unitNames('image_gen'))}`)
        queryClient.setQueryData(trpc.images.list.queryKey(), (before) => [...images, ...(before ?? [])])
      },
    }),
  )
  const awaited = generate.isPending ? generate.variables.n : 0
  return (
    <>
      <PageHeader title="Images">Rendered on the server from your words: ten credits for each.</PageHeader>
      <div className="grid items-start gap-6 xl:grid-cols-[24rem_1fr]">
        <Card className="xl:sticky xl:top-9">
          <ImageForm pending={generate.isPending} error={generate.error} onSubmit={(request) => generate.mutate(request)} />
        </Card>
        <div className="min-w-0">
          {list.error ? <Notice kind="bad">{messageOf(list.error)}</Notice> : <ImageGallery images={list.data} awaited={awaited} />}
        </div>
      </div>
    </>
  )
}
