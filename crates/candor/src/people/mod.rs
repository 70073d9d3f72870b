//! People: subjects, accounts, organisations, API keys.
