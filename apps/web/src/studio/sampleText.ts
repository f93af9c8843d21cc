/** Something to try the text tools on. */
export const sampleText = `The lighthouse at Cape Merrow was built in 1874 to warn ships off the reef. For ninety years its keepers lived in the tower and wound the clockwork of the lamp every four hours. When the lamp was automated in 1964 the keepers left, and the tower began to decay.

In 2019 the town council of Merrow bought the tower for one euro and formed a trust to restore it. The trust has raised 1.2 million euros so far, most of it in small gifts from people who had visited as children. Restoring the lamp alone will cost 400,000 euros, because the original lens must be recut by hand, and only two workshops in Europe still know how.

Critics say that the money would be better spent on the harbour wall, which floods every winter. The trust answers that the lighthouse draws 30,000 visitors a year, and that what visitors spend pays for the wall. A study by the University of Aldmouth supports the trust: it found that every euro spent on the tower brings three to the town.

Work on the tower begins in May. The lamp is to be lit again on the hundred and fiftieth anniversary of its first night, if the weather allows.`
