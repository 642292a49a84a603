-- The language in which a participant reads the experiment: a BCP 47 tag, empty where it was not written down yet.
ALTER TABLE sessions ADD COLUMN language TEXT NOT NULL DEFAULT '';
