-- A ledger as version 1 of the tables wrote it.
CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT;
CREATE TABLE gateway(one INTEGER PRIMARY KEY CHECK (one = 1), boot INTEGER NOT NULL,
  last_wall INTEGER NOT NULL, next_session INTEGER NOT NULL) STRICT;
INSERT INTO gateway VALUES (1, 0, 0, 1);
CREATE TABLE account(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
  role INTEGER NOT NULL, hash TEXT NOT NULL, password_version INTEGER NOT NULL,
  disabled INTEGER NOT NULL) STRICT;
CREATE TABLE person(account INTEGER PRIMARY KEY REFERENCES account(id), title TEXT NOT NULL) STRICT;
CREATE TABLE booking(id INTEGER PRIMARY KEY AUTOINCREMENT, rig TEXT NOT NULL, account INTEGER NOT NULL,
  starts INTEGER NOT NULL, ends INTEGER NOT NULL, asked_ends INTEGER NOT NULL, setup INTEGER NOT NULL,
  teardown INTEGER NOT NULL, busy_from INTEGER NOT NULL, busy_until INTEGER NOT NULL,
  made INTEGER NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
  session INTEGER NOT NULL, key TEXT NOT NULL, code TEXT NOT NULL) STRICT;
CREATE INDEX booking_busy ON booking(rig, busy_from) WHERE state IN (1, 2);
CREATE INDEX booking_ends ON booking(ends);
CREATE UNIQUE INDEX booking_key ON booking(account, key) WHERE key <> '';
CREATE TABLE rig(name TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE revoked(id BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_expires ON revoked(expires);
CREATE TABLE audit(number INTEGER PRIMARY KEY, wall INTEGER NOT NULL, session INTEGER NOT NULL,
  rig TEXT NOT NULL, mac BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE INDEX audit_session ON audit(session, number) WHERE session <> 0;
CREATE INDEX audit_rig ON audit(rig, number) WHERE rig <> '';
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
INSERT INTO schema_version VALUES (1, 1790000000);
UPDATE gateway SET boot = 7, last_wall = 1790000900000, next_session = 12;
INSERT INTO account VALUES (1, 'anna', 0, 'hash of anna', 3, 0), (2, 'tian', 2, 'hash of tian', 1, 1);
INSERT INTO person VALUES (1, '安娜');
-- An ended session, one that was cancelled, one that is live, one that is to come.
INSERT INTO booking VALUES
  (1, 'tank-1', 1, 1790000000000, 1790000300000, 1790000600000, 60000, 120000, 1789999940000, 1790000420000, 1789990000000,
   3, 10, 'key of the first one', 'code-1'),
  (2, 'tank-1', 1, 1790000600000, 1790001200000, 1790001200000, 0, 0, 1790000600000, 1790001200000, 1789990000000,
   4, 0, '', 'code-2'),
  (3, 'tank-1', 2, 1790000600000, 1790001200000, 1790001200000, 0, 0, 1790000600000, 1790001200000, 1789990000000,
   2, 11, '', 'code-3'),
  (4, 'tank-1', 1, 1790001200000, 1790001800000, 1790001800000, 0, 0, 1790001200000, 1790001800000, 1790000900000,
   1, 0, '', 'code-4');
INSERT INTO rig VALUES ('tank-1', x'0102');
INSERT INTO revoked VALUES (x'000102030405060708090a0b', 1790999999999);
INSERT INTO audit VALUES (1, 1790000900000, 11, 'tank-1', zeroblob(32), x'01');
