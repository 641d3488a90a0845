'use strict'

// Starts the server against its configuration, as a stage of the image's build, and fails if it does not come as far as
// it can without bus and database: the configuration is valid, every plugin is there and can be made, and the server is
// the one that the plugins know. It runs in the directory that holds bin and conf.
//
//   node check.js

const { spawn } = require('node:child_process')
const fs = require('node:fs')

// The server's last word before it waits for bus and database.
const STARTED = 'httpService ready'
const PATIENCE = 120000
const PORT_OF_NOBODY = '9' // discard: nothing answers

// A value for each variable that the configuration reads; words where nothing else is needed.
const special = {
  PORT: PORT_OF_NOBODY,
  SECONDS: '1',
  SECOND: '1',
  HOST: '127.0.0.1',
  ARN: '' // outside of ECS
}

function environment (config, type, url) {
  const env = { PATH: process.env.PATH, DEEPSTREAM_AUTH_TYPE: type, DEEPSTREAM_AUTH_URL: url }
  for (const [, name] of config.matchAll(/\$\{(\w+)\}/g)) {
    const last = name.split('_').pop()
    if (!(name in env)) env[name] = last in special ? special[last] : 'check'
  }
  return env
}

// check resolves with what is wrong, or an empty text.
function check (env) {
  return new Promise(resolve => {
    const server = spawn(process.execPath, ['./bin/deepstream.js', 'start'], { env })
    let said = ''
    const end = problem => {
      clearTimeout(timer)
      server.kill('SIGKILL')
      resolve(problem && `${problem}:\n${said.trim()}`)
    }
    const timer = setTimeout(() => end(`the server has not started within ${PATIENCE / 1000} s`), PATIENCE)
    const hear = text => {
      said += text
      if (!said.includes(STARTED)) return
      const wrong = said.match(/GUARD \||PLUGIN_INITIALIZATION_ERROR|CONFIG_ERROR|INVALID_CONFIG_DATA/)
      end(wrong ? 'the server starts and complains' : '')
    }
    server.stdout.on('data', hear)
    server.stderr.on('data', hear)
    server.on('exit', code => end(`the server ended with ${code}`))
  })
}

async function main () {
  const config = fs.readFileSync('conf/config.yml', 'utf8')
  for (const [type, url] of [['http', 'https://auth.example/check'], ['none', '']]) {
    const problem = await check(environment(config, type, url))
    if (problem) {
      console.error(`check conf/config.yml with auth ${type}: ${problem}`)
      process.exit(1)
    }
  }
  console.log('conf/config.yml: the server starts')
}

main()
