/** What a person may do in an organisation: owners also manage its plan and its members. */
export type Role = 'owner' | 'member'

export interface DemoOrg {
  readonly id: string
  readonly name: string
  readonly members: readonly { readonly personId: string; readonly role: Role }[]
}

export interface DemoPerson {
  readonly id: string
  readonly name: string
  readonly email: string
}

/** Who can sign in to a new studio. There are no passwords: it is a demo, and says so. */
export const demoPeople: readonly DemoPerson[] = [
  { id: 'ada', name: 'Ada Okonkwo', email: 'ada@lighthouse.example' },
  { id: 'bo', name: 'Bo Lindqvist', email: 'bo@lighthouse.example' },
  { id: 'cleo', name: 'Cleo Marchetti', email: 'cleo@ferry.example' },
]

export const demoOrgs: readonly DemoOrg[] = [
  {
    id: 'lighthouse',
    name: 'Lighthouse Press',
    members: [
      { personId: 'ada', role: 'owner' },
      { personId: 'bo', role: 'member' },
    ],
  },
  {
    id: 'ferry',
    name: 'Ferry & Sons',
    members: [
      { personId: 'cleo', role: 'owner' },
      { personId: 'ada', role: 'member' },
    ],
  },
  { id: 'tidepool', name: 'Tidepool', members: [{ personId: 'bo', role: 'owner' }] },
]
