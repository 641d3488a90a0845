'use strict'

// Idle sockets that are logged in, without the weight of a client each: node idle.js PACKAGES URL COUNT. What a client
// says to log in is recorded from a real one.

const path = require('node:path')
const [packages, url, count] = process.argv.slice(2)
const WebSocket = require(path.join(packages, 'ws'))
const { DeepstreamClient } = require(path.join(packages, '@deepstream/client'))

// record notes what one real client sends until it is logged in.
async function record () {
  const sent = []
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (data, ...rest) {
    sent.push(Buffer.from(data))
    return send.call(this, data, ...rest)
  }
  const client = new DeepstreamClient(url)
  await client.login({})
  WebSocket.prototype.send = send
  return sent
}

function open (words) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    let said = 0
    socket.on('open', () => socket.send(words[said++]))
    socket.on('message', () => said < words.length ? socket.send(words[said++]) : resolve(socket))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed')))
  })
}

async function main () {
  const words = await record()
  for (let i = 0; i < Number(count); i += 50) {
    await Promise.all(Array.from({ length: Math.min(50, Number(count) - i) }, () => open(words)))
  }
  console.log('open')
  setInterval(() => {}, 1000)
}

main().catch(err => { console.error(err); process.exit(1) })
