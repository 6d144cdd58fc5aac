import { catalogueConformance } from '../../testing/conformance/catalogue.ts'
import { workerHarness } from '../../testing/conformance/catalogue/sqlite-harness.ts'

catalogueConformance('SQLite, in a thread', workerHarness, { shared: true })
