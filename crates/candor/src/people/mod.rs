//! People: subjects, accounts, organisations, API keys.
//!
//! Promises: subject (a person), account (a login) and organisation (who pays) are three things from the first row; e-mail,
//! user name and names of keys are sealed with the person's key; of an API key only its digest is kept.
//! Leaves out: sign-in, sessions, invitations; money and records, which know people by id alone.

pub mod keys;
pub mod tables;
