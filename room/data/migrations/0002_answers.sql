-- One row an answer and sending of its page; a question that was left out has none.
CREATE TABLE answers (
  experiment  TEXT NOT NULL,
  subject_id  TEXT NOT NULL,
  scene_id    TEXT NOT NULL,
  question_id TEXT NOT NULL,
  attempt     INTEGER NOT NULL,
  answer      TEXT NOT NULL,
  correct     INTEGER,
  answered_at TEXT NOT NULL,
  PRIMARY KEY (experiment, subject_id, scene_id, question_id, attempt)
) WITHOUT ROWID;
