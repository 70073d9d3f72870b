//! The web kit: errors to HTTP, problem details, listener plumbing. No domain in it.
