import { catalogueConformance } from '../../testing/conformance/catalogue.ts'
import { inlineHarness } from '../../testing/conformance/catalogue/sqlite-harness.ts'

catalogueConformance('SQLite, inline', inlineHarness)
