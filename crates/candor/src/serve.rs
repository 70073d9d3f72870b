//! `serve`: start, wiring of everything, shutdown.
