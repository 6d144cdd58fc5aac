import type { Catalogue } from '../../../catalogue/catalogue.ts'

/** One engine of the catalogue, as the conformance suite opens it. */
export interface CatalogueHarness {
  /** A new, empty catalogue. */
  open(): Promise<OpenedCatalogue>
}

export interface OpenedCatalogue {
  readonly catalogue: Catalogue
  /** Lets the catalogue's own clock pass. */
  advance(ms: number): void
  /** Closes it and removes what it kept. */
  end(): Promise<void>
}
