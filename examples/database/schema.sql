CREATE TABLE IF NOT EXISTS backends (name TEXT PRIMARY KEY, host TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS servers (
  backend TEXT NOT NULL REFERENCES backends (name),
  name TEXT NOT NULL,
  ip TEXT NOT NULL,
  port INTEGER NOT NULL,
  protocol TEXT NOT NULL DEFAULT 'auto',
  PRIMARY KEY (backend, name)
);
