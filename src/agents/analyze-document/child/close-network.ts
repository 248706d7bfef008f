import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

// Loaded before the reader. Node's permissions close files, processes, threads and native code, but in this version not the network, and what
// a document makes a library run must reach nothing from inside of ours. `fetch`, HTTP and TLS come down to these, too.

const closed = (): never => {
  throw new Error('Documents are read without a network.');
};

for (const prototype of [net.Socket.prototype, net.Server.prototype, dgram.Socket.prototype])
  for (const name of ['connect', 'listen', 'bind', 'send', 'sendto']) replace(prototype, name);
for (const names of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype])
  for (const name of Object.getOwnPropertyNames(names)) if (/^(lookup|resolve|reverse)/.test(name)) replace(names, name);
replace(net, '_createServerHandle');
replace(dgram, '_createSocketHandle');
syncBuiltinESMExports();

function replace(owner: object, name: string): void {
  if (Object.hasOwn(owner, name)) Object.defineProperty(owner, name, { value: closed, writable: false, configurable: false });
}
