-- What a key may be used for beyond its scope: NULL is all models, no limit of its own, no end.
ALTER TABLE api_key ADD COLUMN models TEXT;
ALTER TABLE api_key ADD COLUMN limits TEXT;
ALTER TABLE api_key ADD COLUMN expires_at INTEGER;
