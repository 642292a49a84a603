-- Everything that can be joined: stable ids, ISO 8601 times in UTC, one row an entity.
CREATE TABLE participants (
  experiment TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  begun_at   TEXT NOT NULL,
  PRIMARY KEY (experiment, subject_id)
) WITHOUT ROWID;

CREATE TABLE sessions (
  experiment TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  scene_id   TEXT NOT NULL,
  status     TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (experiment, subject_id)
) WITHOUT ROWID;

CREATE TABLE games (
  game_id     TEXT PRIMARY KEY,
  experiment  TEXT NOT NULL,
  scene_id    TEXT NOT NULL,
  environment TEXT NOT NULL,
  config      TEXT NOT NULL,
  seed        TEXT NOT NULL,
  fps         REAL NOT NULL,
  outcome     TEXT NOT NULL,
  ticks       INTEGER NOT NULL,
  started_at  TEXT,
  ended_at    TEXT
) WITHOUT ROWID;

CREATE TABLE seats (
  game_id    TEXT NOT NULL,
  agent      TEXT NOT NULL,
  holder     TEXT NOT NULL,
  subject_id TEXT,
  return     REAL NOT NULL,
  PRIMARY KEY (game_id, agent)
) WITHOUT ROWID;

CREATE TABLE episodes (
  game_id    TEXT NOT NULL,
  episode    INTEGER NOT NULL,
  steps      INTEGER NOT NULL,
  end        TEXT NOT NULL,
  started_at TEXT NOT NULL,
  digest     TEXT NOT NULL,
  returns    TEXT NOT NULL,
  PRIMARY KEY (game_id, episode)
) WITHOUT ROWID;

CREATE TABLE events (
  game_id TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  at      TEXT NOT NULL,
  tick    INTEGER NOT NULL,
  agent   TEXT,
  kind    TEXT NOT NULL,
  detail  TEXT NOT NULL,
  PRIMARY KEY (game_id, seq)
) WITHOUT ROWID;

CREATE INDEX games_by_scene ON games (experiment, scene_id);
CREATE INDEX seats_by_subject ON seats (subject_id);
