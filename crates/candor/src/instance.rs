//! An opened instance: stores and domains wired together, for `serve` and for commands alike.
