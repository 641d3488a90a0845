'use strict'

// The statements of the storage connector. Values are bound parameters; only a table's name, which cannot be one, is
// written into a statement, quoted as PostgreSQL wants it.

const { escapeIdentifier } = require('pg')

const UNDEFINED_TABLE = '42P01'
const INVALID_PASSWORD = '28P01'

// Longer names PostgreSQL cuts, and then two records could share a row ("Identifiers and Key Words", NAMEDATALEN).
const MAX_IDENTIFIER_BYTES = 63

// place says where a record is kept: as in the stock connector, the part before the first slash names the table. A name
// that cannot be a table's, or is the default table's own, stays whole in the default table, where no id without it has
// a slash; so no two records share a row.
function place (name, { defaultTable, splitChar }) {
  const at = name.indexOf(splitChar)
  const table = name.slice(0, Math.max(at, 0))
  if (table === '' || table === defaultTable || Buffer.byteLength(table) > MAX_IDENTIFIER_BYTES) {
    return { table: defaultTable, id: name }
  }
  return { table, id: name.slice(at + 1) }
}

const full = (schema, table) => `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`

const select = (schema, table) => `SELECT val, version FROM ${full(schema, table)} WHERE id = $1`

// replace stores whatever is there.
const replace = (schema, table) => `INSERT INTO ${full(schema, table)} AS stored (id, version, val) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET val = EXCLUDED.val, version = EXCLUDED.version`

// upsert stores nothing over a newer version.
const upsert = (schema, table) => `${replace(schema, table)} WHERE stored.version <= EXCLUDED.version`

// insertOnce stores nothing over the same version of another server either: both made it of the version before, and one of
// the two would be lost. The same with the same value is this server's own, which it did not hear of. Version 0 is a
// record's creation, or every version of one that is written past versions (record.storageHotPathPrefixes).
const insertOnce = (schema, table) => `${replace(schema, table)} WHERE stored.version < EXCLUDED.version
OR stored.version = EXCLUDED.version AND (EXCLUDED.version = 0 OR stored.val::text = EXCLUDED.val::text)`

// The stock connector drops a table with its last row, and with it a row that another server inserts meanwhile.
const remove = (schema, table) => `DELETE FROM ${full(schema, table)} WHERE id = $1`

const create = (schema, table) =>
  `CREATE TABLE IF NOT EXISTS ${full(schema, table)} (id text PRIMARY KEY, version int DEFAULT 0, val text NOT NULL)`

// Classes of SQLSTATE ("PostgreSQL Error Codes"): what the data, a constraint, the statement or a limit forbids, is
// forbidden the next time too.
const ISOLATING = ['22', '23', '42', '54']

// Connection exceptions, wrong password (one that no secret mends, see password.js), unknown database, read-only (a primary
// that was demoted), no resources, an operator's intervention, a failure of the system.
const OUTAGES = ['08', '28', '3D', '25', '53', '57', '58']

const state = err => typeof err.code === 'string' && /^[0-9A-Z]{5}$/.test(err.code) && err.severity ? err.code : null

// isolates says whether the record alone is at fault, and no repetition will store it.
const isolates = err => state(err) !== null && ISOLATING.includes(state(err).slice(0, 2))

// isOutage says whether the database, or the way to it, is at fault. An error without SQLSTATE is not the server's.
const isOutage = err => state(err) === null || OUTAGES.includes(state(err).slice(0, 2))

// isRace says whether a CREATE lost against another's: unique_violation in the catalog, or duplicate_table.
const isRace = err => ['23505', '42P07'].includes(state(err))

module.exports = { UNDEFINED_TABLE, INVALID_PASSWORD, place, select, replace, upsert, insertOnce, remove, create, isolates, isOutage, isRace }
