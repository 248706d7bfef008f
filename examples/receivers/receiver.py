"""A receiver with nothing but the standard library of Python 3.9 or newer.

Settings, from the environment: WEBHOOK_SECRET (and WEBHOOK_SECRET_NEXT while a secret is rotated), DATABASE (a file), PORT.
"""

import base64
import hashlib
import hmac
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300  # older webhooks are somebody sending a recording
MAX_BODY_BYTES = 1_048_576

# Nothing but received_webhooks keeps a second line for the same webhook out of finished_tasks.
TABLES = """
CREATE TABLE IF NOT EXISTS received_webhooks (
  webhook_id  TEXT PRIMARY KEY,
  received_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS finished_tasks (
  id             INTEGER PRIMARY KEY,
  task_id        TEXT NOT NULL,
  status         TEXT NOT NULL,
  event          TEXT NOT NULL,
  followed_up_at TEXT
);
"""


def verify_simple(secret, headers, body):
    """x-webhook-signature: hex HMAC-SHA256 of the body. Says who sent it, not when."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return same(expected, headers.get("x-webhook-signature"))


def verify_standard(secret, headers, body, now):
    """webhook-signature (Standard Webhooks): base64 HMAC-SHA256 of `id.timestamp.body`, one or several; any may be ours."""
    id_, timestamp = headers.get("webhook-id") or "", headers.get("webhook-timestamp") or ""
    if not id_ or not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    # a secret that says whsec_ is the base64 of the key; any other is the key itself
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    digest = hmac.new(key, f"{id_}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return any(same(expected, given) for given in (headers.get("webhook-signature") or "").split(" "))


def same(expected, given):
    """In constant time: how long it takes tells nobody how much of a guess was right."""
    return hmac.compare_digest(expected.encode(), (given or "").encode("utf-8", "replace"))


def connect(path):
    # isolation_level=None: the transactions are the ones that are written down here
    return sqlite3.connect(path, timeout=30, isolation_level=None)


def store_once(db, webhook_id, body):
    """Notes the webhook's id and does the work that belongs to it in one commit; False for a duplicate.

    Answer 2xx when this has returned, whatever it returned, and anything else when it raised: the webhook then comes again.
    """
    event = json.loads(body)
    db.execute("BEGIN IMMEDIATE")  # a duplicate that arrives meanwhile waits here
    try:
        noted = db.execute("INSERT OR IGNORE INTO received_webhooks (webhook_id) VALUES (?)", (webhook_id,))
        if noted.rowcount == 1:
            # the work that must happen exactly once: a line in your books
            db.execute(
                "INSERT INTO finished_tasks (task_id, status, event) VALUES (?, ?, ?)",
                (event["task_id"], event["status"], body.decode()),
            )
        db.execute("COMMIT")
        return noted.rowcount == 1
    except BaseException:
        db.execute("ROLLBACK")
        raise


def follow_up(path, bell):
    """What takes long comes after the answer, from the table: after a crash, what is left is done at the next start."""
    db = connect(path)
    while True:
        bell.clear()
        for id_, event in db.execute("SELECT id, event FROM finished_tasks WHERE followed_up_at IS NULL ORDER BY id").fetchall():
            tell_user(json.loads(event))
            db.execute("UPDATE finished_tasks SET followed_up_at = CURRENT_TIMESTAMP WHERE id = ?", (id_,))
        bell.wait()


def tell_user(event):
    """Put what takes seconds or minutes here: mails, other services, fetching the result_url of a large result."""
    print(f"task {event['task_id']} {event['status']}", flush=True)


def make_handler(path, secrets, bell):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10  # seconds; a sender that stops in the middle holds no thread for ever

        def do_POST(self):
            length = int(self.headers.get("content-length") or 0)
            if not 0 < length <= MAX_BODY_BYTES:
                self.close_connection = True
                return self.answer(413)
            self.answer(self.receive(self.rfile.read(length)))  # the raw bytes, as they came

        def receive(self, body):
            # first of all: whoever cannot sign gets no effect, and no hint
            now = time.time()
            if not any(verify_simple(secret, self.headers, body) for secret in secrets):
                return 401
            if not any(verify_standard(secret, self.headers, body, now) for secret in secrets):
                return 401
            db = connect(path)
            try:
                if store_once(db, self.headers["webhook-id"], body):
                    bell.set()
                return 200  # a duplicate, too: it was received
            except Exception as error:
                print(f"Storing failed: {error}", file=sys.stderr, flush=True)
                return 500  # it comes again
            finally:
                db.close()

        def answer(self, status):
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    return Handler


def main():
    secrets = [secret for secret in (os.environ.get("WEBHOOK_SECRET"), os.environ.get("WEBHOOK_SECRET_NEXT")) if secret]
    if not secrets:
        sys.exit("Set WEBHOOK_SECRET to the secret that the webhooks are signed with.")
    path = os.environ.get("DATABASE", "receiver.db")
    db = connect(path)
    db.execute("PRAGMA journal_mode = WAL")  # readers do not wait for the writer
    db.executescript(TABLES)
    db.close()
    bell = threading.Event()
    threading.Thread(target=follow_up, args=(path, bell), daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "4003"))), make_handler(path, secrets, bell))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening at http://127.0.0.1:{server.server_address[1]}/hook", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
