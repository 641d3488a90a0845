'use strict'

// Checks configurations against the rules of the pinned server, which are recorded in schema-10.1.4.json: the compiled
// schema of src/config/config-validator.ts at the tag v10.1.4.
//
//   node schema.js PACKAGES              # reads a configuration as JSON, says what is wrong
//   node schema.js PACKAGES CHECKOUT     # says the schema of a compiled checkout

const Module = require('node:module')
const fs = require('node:fs')
const path = require('node:path')
const [packages, checkout] = process.argv.slice(2)

if (checkout) {
  const load = Module._load
  Module._load = function (request, ...rest) {
    if (request !== 'ajv') return load.call(this, request, ...rest)
    return { Ajv: class { constructor () { this.opts = {}; this.formats = {} } addKeyword () {} addFormat () { return this } compile (schema) { console.log(JSON.stringify(schema, null, 1)); return () => true } } }
  }
  const formats = Module._load
  Module._load = function (request, ...rest) { return request === 'ajv-formats' ? () => {} : formats.call(this, request, ...rest) }
  require(path.join(checkout, 'dist/src/config/config-validator.js')).validate({})
} else {
  const Ajv = require(path.join(packages, 'ajv'))
  const ajv = new Ajv({ allErrors: true, unknownFormats: 'ignore' })
  const validate = ajv.compile(JSON.parse(fs.readFileSync(path.join(__dirname, 'schema-10.1.4.json'), 'utf8')))
  if (!validate(JSON.parse(fs.readFileSync(0, 'utf8')))) {
    console.log(ajv.errorsText(validate.errors))
    process.exit(1)
  }
}
