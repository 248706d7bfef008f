/**
 * Ports on which something else than a web server listens, so that a request could be taken for a command in another protocol.
 * Everything else is open: receivers do run on 8443 or 3000.
 */
const forbidden = new Set([
  // The Fetch standard's "bad ports".
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117,
  119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
  989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  // Databases and caches: SQL Server, Oracle, MySQL, PostgreSQL and PgBouncer, CouchDB, Redis, Cassandra, Memcached, CockroachDB, MongoDB.
  1433, 1434, 1521, 3306, 5432, 5984, 6379, 6380, 6432, 9042, 11211, 26257, 27017, 27018, 27019, 33060,
  // Queues and search: ZooKeeper, AMQP, Kafka, Elasticsearch.
  2181, 5671, 5672, 9092, 9200, 9300,
  // Machines and clusters: Kerberos, SMB, rsync, SOCKS, Docker, etcd, RDP, VNC, WinRM, kubelet.
  88, 445, 873, 1080, 2375, 2376, 2379, 2380, 3389, 5900, 5985, 5986, 10250, 10255,
]);

export function isForbiddenPort(port: number): boolean {
  return forbidden.has(port);
}
