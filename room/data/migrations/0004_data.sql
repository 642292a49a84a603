-- Events belong to a game or to a participant: `source` is the id of the game, or those of the experiment and of the
-- subject with a slash between them.
CREATE TABLE events_of_everybody (
  source     TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  experiment TEXT NOT NULL,
  subject_id TEXT,
  scene_id   TEXT,
  game_id    TEXT,
  at         TEXT NOT NULL,
  tick       INTEGER,
  agent      TEXT,
  kind       TEXT NOT NULL,
  detail     TEXT NOT NULL,
  PRIMARY KEY (source, seq)
) WITHOUT ROWID;

INSERT INTO events_of_everybody
SELECT events.game_id, events.seq, games.experiment, seats.subject_id, games.scene_id, events.game_id, events.at,
       events.tick, events.agent, events.kind, events.detail
FROM events
JOIN games ON games.game_id = events.game_id
LEFT JOIN seats ON seats.game_id = events.game_id AND seats.agent = events.agent;

DROP TABLE events;
ALTER TABLE events_of_everybody RENAME TO events;
CREATE INDEX events_by_experiment ON events (experiment, source, seq);

-- What was drawn for a participant: arms as a JSON object, scenes as a JSON list.
ALTER TABLE participants ADD COLUMN cell TEXT NOT NULL DEFAULT '{}';
ALTER TABLE participants ADD COLUMN path TEXT NOT NULL DEFAULT '[]';

-- `games` is a JSON object: by scene the outcome and the score. Who had ended before has the ending as status.
ALTER TABLE sessions ADD COLUMN ending TEXT;
ALTER TABLE sessions ADD COLUMN ended_at TEXT;
ALTER TABLE sessions ADD COLUMN games TEXT NOT NULL DEFAULT '{}';
UPDATE sessions SET ending = status, ended_at = updated_at, status = 'ended' WHERE status <> 'running';

-- Who participants are to a recruiter, as a JSON object by the parameter of the address. Joined to nothing that is shared.
CREATE TABLE identifiers (
  experiment TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  source     TEXT NOT NULL,
  external   TEXT NOT NULL,
  code       TEXT,
  PRIMARY KEY (experiment, subject_id)
) WITHOUT ROWID;
